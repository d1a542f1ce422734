#
# SPDX-License-Identifier: MIT
#

# The feed is a part of its source: the checkout around it is copied, with the layout of
# an archive. A package that is to be built from an archive sets PKG_SOURCE in place of
# including this, after package.mk.

PKG_FILE_DEPENDS:=$(CURDIR)/../../LICENSE $(CURDIR)/../../pywg_embedded

define Build/Prepare
	$(INSTALL_DIR) $(PKG_BUILD_DIR)
	$(TAR) -C $(CURDIR)/../.. --exclude=__pycache__ -cf - LICENSE pywg_embedded | \
		$(TAR) -C $(PKG_BUILD_DIR) -xf -
endef
