"""Make a release: source archive, signed feeds, notes, and Makefiles for OpenWrt.

``checks`` are the preconditions, ``keys`` the signing keys, ``source`` is the archive,
``makefiles`` are the packages of the feed as built from it, ``notes`` come from the
change log, and ``assemble`` writes all of it to a folder.
"""
