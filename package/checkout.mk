#
# SPDX-License-Identifier: MIT
#

# The feed is part of the source tree, and the source is copied from the checkout around
# it. To build from a source archive instead, set PKG_SOURCE and do not include this file;
# 'make release' writes such Makefiles.

PKG_FILE_DEPENDS:=$(CURDIR)/../../LICENSE $(CURDIR)/../../pywg_embedded

define Build/Prepare
	$(INSTALL_DIR) $(PKG_BUILD_DIR)
	$(TAR) -C $(CURDIR)/../.. --exclude=__pycache__ -cf - LICENSE pywg_embedded | \
		$(TAR) -C $(PKG_BUILD_DIR) -xf -
endef
