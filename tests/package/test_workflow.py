"""The workflow that publishes a release: what it runs, and on what."""

from typing import Any

import pytest

from package.builder.paths import CHECKOUT
from package.release import assemble, keys

PATH = CHECKOUT / ".github/workflows/release.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    yaml = pytest.importorskip("yaml")
    loaded = yaml.safe_load(PATH.read_text())
    assert isinstance(loaded, dict)
    return loaded


def steps(workflow: dict[Any, Any], job: str) -> list[dict[str, Any]]:
    found = workflow["jobs"][job]["steps"]
    assert isinstance(found, list)
    return found


def commands(workflow: dict[Any, Any], job: str) -> str:
    return "\n".join(step.get("run", "") for step in steps(workflow, job))


def test_release_is_made_on_tags_only(workflow: dict[Any, Any]) -> None:
    # YAML 1.1 reads the key "on" as a truth value.
    assert workflow[True] == {"push": {"tags": ["v*"]}}


def test_release_is_made_by_the_same_target_as_by_hand(
    workflow: dict[Any, Any],
) -> None:
    (step,) = (
        step for step in steps(workflow, "build") if step.get("run") == "make release"
    )
    tag = "${{ github.ref_name }}"
    assert step["env"]["RELEASE_TAG"] == tag
    assert step["env"]["RELEASE_URL"].endswith(f"/releases/download/{tag}")
    makefile = (CHECKOUT / "Makefile").read_text()
    assert "\nrelease: " in makefile


def test_both_signing_keys_are_written(workflow: dict[Any, Any]) -> None:
    text = commands(workflow, "build")
    (step,) = (
        step
        for step in steps(workflow, "build")
        if "RELEASE_KEYS" in step.get("env", {})
    )
    folder = step["env"]["RELEASE_KEYS"]
    for name in (keys.OPKG, keys.APK):
        assert f">{folder}/{name}" in text


def test_files_and_feeds_are_published(workflow: dict[Any, Any]) -> None:
    text = commands(workflow, "publish")
    assert "gh release create" in text
    for name in (assemble.NOTES, assemble.CHECKSUMS, f"{assemble.CHECKSUMS}.sig"):
        assert name in text
    assert f"mv {assemble.FEEDS} " in text
    used = [step.get("uses", "") for step in steps(workflow, "publish")]
    assert any(each.startswith("actions/deploy-pages@") for each in used)


def test_only_publishing_may_write(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert [name for name in jobs if "permissions" in jobs[name]] == ["publish"]
