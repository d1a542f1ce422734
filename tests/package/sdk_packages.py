"""The packages as OpenWrt's build system makes them, from the same files."""

from collections.abc import Iterable, Iterator

from package.builder import packages
from package.builder.archive import File
from package.builder.packages import Dependency, Package

LANGUAGE = "luci-i18n-pywg-"


def of_feed(packages: Iterable[Package], site: str) -> Iterator[Package]:
    """Yield the packages of the feed.

    ``site`` is the folder of Python modules on the router, without leading slash.
    """
    for package in packages:
        match package.name:
            case "pywg-embedded":
                yield package._replace(files=_in_site(package.files, site))
            case "luci-proto-pywg":
                yield from _split_translations(package)
            case _:
                yield package._replace(conflicts=())


def _in_site(files: dict[str, File], site: str) -> dict[str, File]:
    moved = {path.replace(packages.HOME, site): file for path, file in files.items()}
    programs = {
        path: File((packages.FEED / "bin" / name).read_bytes(), 0o755)
        for path, name in packages.COMMANDS.items()
    }
    return {path: moved[path] for path in moved if "LICENSE" not in path} | programs


def _split_translations(package: Package) -> Iterator[Package]:
    """Yield a package of the pages, and one for each language."""
    paths = {path for path in package.files if path.startswith(packages.LUCI_LANGUAGES)}
    pages = {path: package.files[path] for path in package.files.keys() - paths}
    yield package._replace(files=pages, provides=(), conflicts=())
    for path in sorted(paths):
        language = path.split(".")[-2]
        yield Package(
            f"{LANGUAGE}{language}",
            "all",
            (Dependency("libc"), Dependency("luci-proto-pywg")),
            "luci",
            "A translation",
            {path: package.files[path]},
        )
