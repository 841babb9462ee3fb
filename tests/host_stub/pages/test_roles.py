"""What each role sees in the pages, in Chromium, and that text from users is text there too."""

import re

import pytest
from playwright.sync_api import expect

from host_stub.app import create_app
from host_stub.platform import LocalPlatform
from host_stub.users import Role
from tests.host_stub.pages.conftest import Served, opened
from tests.host_stub.pages.served_pages import picture, running

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A host with users, on which everything that a user can name is HTML."""
    data_dir = tmp_path_factory.mktemp("guarded")
    with (
        LocalPlatform(data_dir, modules=["counting"]) as platform,
        running(create_app(platform)) as origin,
    ):
        yield Served(origin, platform)


@pytest.fixture(scope="module")
def hostile(guarded):
    made = guarded.platform.datasets.create(HOSTILE)
    guarded.platform.datasets.add(
        made.id, HOSTILE, picture("red"), labels=[HOSTILE], metadata={HOSTILE: HOSTILE}
    )
    guarded.platform.notifications.add(HOSTILE, HOSTILE, dataset_id=made.id)
    return made


def sign_in(page, guarded, role):
    token = guarded.platform.users.add(f"a-{role}", role)
    page.context.clear_cookies()
    page.goto(guarded.origin)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Datasets", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=f"Sign out a-{role}")).to_be_visible()


def test_a_viewer_sees_all_and_is_offered_no_change(chromium, guarded, hostile):
    with opened(chromium) as page:
        sign_in(page, guarded, Role.VIEWER)
        expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
        expect(page.get_by_role("button", name="New dataset")).to_be_hidden()
        expect(page.get_by_role("button", name="Delete dataset")).to_have_count(0)
        page.goto(f"{guarded.origin}/datasets/{hostile.id}")
        expect(page.get_by_role("option")).to_have_count(1)
        expect(page.get_by_role("button", name="Upload", exact=True)).to_be_hidden()
        page.get_by_role("button", name="Dataset Actions").click()
        expect(page.get_by_role("menuitem")).to_have_text(
            [re.compile("Export as CSV"), re.compile("Export as JSON")]
        )
        page.keyboard.press("Escape")
        page.get_by_role("option").first.dblclick()
        expect(page.get_by_role("dialog").get_by_role("cell", name=HOSTILE)).to_have_count(1)
        expect(page.get_by_role("dialog").get_by_role("button", name="Edit")).to_have_count(0)
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        page.goto(f"{guarded.origin}/apps")
        expect(page.get_by_text("Counting 1.0.0")).to_be_visible()
        expect(page.get_by_role("button", name="Switch off")).to_have_count(0)
        page.goto(f"{guarded.origin}/logout")
        expect(page.get_by_label("Token")).to_be_visible()


def test_an_owner_is_offered_all_and_hostile_text_stays_text(chromium, guarded, hostile):
    with opened(chromium) as page:
        sign_in(page, guarded, Role.OWNER)
        expect(page.get_by_role("button", name="Delete dataset")).to_have_count(1)
        expect(page.get_by_role("button", name="New dataset")).to_be_visible()
        page.goto(f"{guarded.origin}/datasets/{hostile.id}")
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        page.get_by_role("option").first.dblclick()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("cell", name=HOSTILE)).to_have_count(1)
        expect(dialog.get_by_text(HOSTILE).first).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Notifications").click()
        expect(page.get_by_role("dialog").get_by_text(HOSTILE).first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Upload", exact=True)).to_be_visible()
        page.goto(f"{guarded.origin}/executions")
        expect(page.get_by_text("Nothing has run yet")).to_be_visible()
        page.context.clear_cookies()
