"""Photos: upload a real picture, and get it back better, at its full size."""

import streamlit as st

from ae_core.tasks.restoration import opening
from ae_core.tasks.restoration.asked import Asked
from ae_core.tasks.restoration.damage import DAMAGES
from ae_core.tasks.restoration.repairs import REPAIRS
from ae_core.tasks.restoration.restoring import offered
from ui.photos import lessons, patches, picture, view
from ui.photos.scene import Scene, leave, scene_of
from ui.visit import link, widget_values
from ui.visit.state import visit
from ui.widgets.expander import reading

st.title("Photos")
st.write(
    "A photograph of yours, repaired at its full size by networks that are small enough to explain, beside what one would "
    "use without learning."
)

WAYS = {"mine": "Repair mine", "see": "Damage it and see"}
ABOUT_WAYS = {
    "mine": "The picture as it is. Nobody knows what it should look like, so nothing is scored.",
    "see": "The picture is taken for a clean one and damaged on purpose, so that it is known how near each method comes to it.",
}
view_of: dict[str, object] = {}  # what a link carries of the page
with st.container(key="picture_and_panel"):
    left, right = st.columns([5, 3], gap="large")
    shown, panel = st.columns([5, 3], gap="large")
with left:
    found = picture.chosen(opening.SAMPLE, view_of)


def asked_for() -> Scene | None:
    """Show the controls, and return the scene that they ask for; None while there is no picture."""
    with right:
        task = link.selectbox(
            "What shall be done",
            offered(),
            opening.TASK,
            name="repair",
            key=widget_values.PHOTO_TASK,
            format_func=lambda name: REPAIRS[name].title,
        )
    with panel:
        way = link.segments(
            "How",
            list(WAYS),
            "see",
            name="way",
            key=widget_values.PHOTO_WAY,
            format_func=WAYS.__getitem__,
        )
        st.caption(ABOUT_WAYS[way])
        view_of.update(repair=task, way=way)
        kind, strength, seed = damage_of(task) if way == "see" else ("", 0, 0)
        mask = picture.mask_for(found[1]) if way == "mine" and task == "fill" and found else None
        if found is None:
            leave()
            return None
        name, photo = found
        scene = scene_of(Asked(name, task, kind, strength, seed), photo, mask)
        patches.offer(photo)
        for note in scene.notes[len(photo.notes) :]:
            st.caption(note)
    return scene


def damage_of(task: str) -> tuple[str, int, int]:
    """Show the controls of the damage, and return its kind, its strength and the seed of its draws."""
    kinds = DAMAGES[task]
    kind = first = next(iter(kinds))
    linked = task == link.choice("repair", opening.TASK, offered())  # what the link says is of the task that it names
    if len(kinds) > 1:
        kind = link.selectbox(
            "Damage",
            list(kinds),
            first,
            name="damage",
            key=f"photos_damage_{task}",
            linked=linked,
            format_func=lambda name: kinds[name].title,
        )
        view_of["damage"] = kind
        linked = linked and kind == link.choice("damage", first, list(kinds))
    damage = kinds[kind]
    st.caption(damage.about)
    if not damage.measure:
        return kind, 0, 0
    strength = link.slider(
        damage.measure,
        damage.lowest,
        damage.highest,
        damage.usual,
        name="amount",
        key=f"photos_strength_{kind}",
        linked=linked,
    )
    view_of["amount"] = strength
    if not damage.by_chance:
        return kind, strength, 0
    seed = link.number_input("Draw", 0, 9999, 0, name="draw", key="photos_draw", help="Another number is another draw.")
    view_of["draw"] = seed
    return kind, strength, seed


scene = asked_for()
if open_lessons := lessons.opened():
    view_of["why"] = "_".join(open_lessons)

polls = scene is not None and scene.busy


@st.fragment(run_every=0.5 if polls else None)
def bench() -> None:
    """Show the picture with its repairs, anew every half second while there is work under way."""
    now = visit().photos.scene
    if isinstance(now, Scene):
        view.show(now)
    else:
        st.info("Upload a picture, or take one, and it appears here.")
    link.publish_view(**view_of, dial=view.dial())
    if isinstance(now, Scene) and now.busy != polls:
        st.rerun()


with shown:
    bench()
if scene is not None:
    lessons.show(scene)

reading(
    "How it works",
    "Each repair is a U-Net of a third of a million to a million weights: the picture is folded into half its resolution, seen at a "
    "quarter and an eighth as well, and what was seen on the way down is handed across to the way up. It was trained on small "
    "parts of 380 photographs (for colouring, on small copies) that were damaged in front of it, with the undamaged part as "
    "the answer, as every denoising autoencoder is. A large picture is repaired in tiles that overlap, so that no seam is seen; what "
    "must be known of all of it, such as its colours, is found at a small size first.\n\n"
    "The classical methods know nothing of photographs. They are told the noise as it is estimated from the picture's finest "
    "detail, and their strengths were chosen on photographs of the training part.",
)
