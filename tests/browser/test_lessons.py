"""A teacher's link: made from the dialog at a desk, opened on a student's phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from visitor import Visitor

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]

TASK = "Halve the code until you can no longer read a 3 & say <b>why</b>."
LESSON = "train?dataset=digits&hidden_sizes=128&code_size=6&epochs=3&batch_size=32&task=Look+at+the+3s&fix=code_size&hide=epochs"


def test_a_lesson_goes_with_the_visitor_until_it_is_left(visit: Visit) -> None:
    visitor = visit("phone", scheme="dark")
    visitor.open(LESSON)
    task = visitor.main.get_by_role("region", name="Lesson")
    expect(task).to_contain_text("Look at the 3s")
    expect(visitor.slider("Code size")).to_be_disabled()
    expect(visitor.slider("Epochs (the budget)")).to_have_count(0)
    visitor.go("reconstruct")
    expect(task).to_contain_text("Look at the 3s")
    visitor.page.wait_for_url(
        "**/reconstruct?*task=Look*settings=*"
    )  # the run on screen is another one than the lesson's
    visitor.go("train")
    visitor.press(visitor.button("All controls"))
    expect(visitor.slider("Epochs (the budget)")).to_have_attribute("aria-valuetext", "3")
    expect(visitor.slider("Code size")).to_be_enabled()
    expect(task).to_have_count(0)
    visitor.page.wait_for_url(lambda address: "task" not in address)


def test_a_link_from_the_dialog_opens_as_the_lesson_it_was_made_for(visit: Visit) -> None:
    teacher = visit()
    teacher.open("train")
    teacher.move("Code size", "ArrowLeft", then="6")
    teacher.press(teacher.button("Make a teacher's link"))
    dialog = teacher.page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Task").fill(TASK)
    dialog.locator(".st-key-lesson_fix").get_by_text("Code size").click()
    dialog.locator(".st-key-lesson_hide").get_by_text("Activation", exact=True).click()
    expect(dialog.get_by_role("region", name="Lesson")).to_contain_text(TASK)
    expect(dialog.locator("code")).to_contain_text(re.compile("fix=code_size.*hide=activation"))
    link = dialog.locator("code").inner_text()
    assert link.startswith(f"{teacher.server}/train?")

    student = visit()
    student.open(link)
    expect(student.main.get_by_role("region", name="Lesson")).to_contain_text(TASK)
    expect(student.slider("Code size")).to_have_attribute("aria-valuetext", "6")
    expect(student.slider("Code size")).to_be_disabled()
    expect(student.main.get_by_text("Activation", exact=True)).to_have_count(0)


def test_a_lesson_on_photos_opens_as_the_teacher_saw_it_and_holds_the_dial(visit: Visit) -> None:
    teacher = visit()
    teacher.open("photos")
    dial = teacher.main.locator(".viewer #strength")
    for _ in range(10):
        dial.press("ArrowLeft")
    teacher.page.wait_for_url("**/photos?*dial=0.9*")
    teacher.press(teacher.main.get_by_text("What its filters look like"))
    expect(teacher.main.get_by_text("filters of the first layer")).to_be_visible()
    teacher.page.wait_for_url("**/photos?*why=filters*")
    teacher.rest()
    teacher.press(teacher.button("Make a teacher's link"))
    dialog = teacher.page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Task").fill(TASK)
    dialog.locator(".st-key-lesson_fix").get_by_text("How much of the repair", exact=True).click()
    dialog.locator(".st-key-lesson_hide").get_by_text("Photograph", exact=True).click()
    expect(dialog.locator("code")).to_contain_text(re.compile("why=filters.*fix=dial.*hide=photo.*on=photos"))
    link = dialog.locator("code").inner_text()

    student = visit("phone", scheme="dark")
    student.open(link)
    expect(student.main.get_by_role("region", name="Lesson")).to_contain_text(TASK)
    dial = student.main.locator(".viewer #strength")
    expect(dial).to_be_disabled()
    expect(student.main.locator(".viewer .dial output")).to_have_text("90 %")
    expect(student.main.get_by_text("filters of the first layer")).to_be_visible()
    expect(student.main.locator(".st-key-photos_sample")).to_have_count(0)
    student.press(student.button("All controls"))
    expect(dial).to_be_enabled()
    expect(student.main.locator(".st-key-photos_sample")).to_have_count(1)


def test_a_lesson_holds_the_strength_of_the_noise(visit: Visit) -> None:
    teacher = visit()
    teacher.open("denoise")
    teacher.press(teacher.button("Make a teacher's link"))
    dialog = teacher.page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Task").fill(TASK)
    dialog.locator(".st-key-lesson_fix").get_by_text("Strength", exact=True).click()
    dialog.locator(".st-key-lesson_hide").get_by_text("Noise", exact=True).click()
    expect(dialog.locator("code")).to_contain_text(re.compile("fix=strength.*hide=noise_kind.*on=denoise"))
    link = dialog.locator("code").inner_text()

    student = visit("phone")
    student.open(link)
    strength = student.main.get_by_role("slider", name="Strength")
    expect(strength).to_be_disabled()
    expect(student.main.locator(".st-key-denoise_noise")).to_have_count(0)
    noisy = student.main.locator(".noisy canvas")
    before = noisy.get_attribute("aria-label")
    box = noisy.bounding_box()
    assert box is not None
    student.page.mouse.move(box["x"] + 20, box["y"] + 20)
    student.page.mouse.down()
    student.page.mouse.move(box["x"] + 90, box["y"] + 20, steps=5)
    student.page.mouse.up()
    noisy.press("ArrowRight")
    assert noisy.get_attribute("aria-label") == before
    student.press(student.button("All controls"))
    expect(strength).to_be_enabled()
    noisy.press("ArrowRight")
    expect(noisy).not_to_have_attribute("aria-label", before or "")
