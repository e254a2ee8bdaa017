"""What the room's page says while it runs, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """By name, with {places} for what is filled in. Refusals go by the code they bear."""
    return _states() | _refusals() | _notes()


def _states() -> dict[str, str]:
    return {
        "connecting": _("Connecting…"),
        "online": _("Connected"),
        "waiting": _("The connection was lost."),
        "next_try": _("Next try in {seconds} s."),
        "offline": _("You are offline. It goes on as soon as there is a network."),
        "closed:signed_out": _("You were signed out here. Sign in again to take part."),
        "closed:room_ended": _("This room has ended."),
        "closed:forbidden": _("This room is not open to you."),
        "closed:bad_frames": _("This page is out of date: load it again."),
        "closed": _("The connection is closed. Load the page again."),
        "status:scheduled": _("Soon"),
        "status:live": _("Live"),
        "status:ended": _("Ended"),
    }


def _refusals() -> dict[str, str]:
    return {
        "not_signed_in": _("Sign in to ask, to vote and to send hearts."),
        "not_a_buyer": _("Only people who bought from this store can ask here."),
        "purchase_too_old": _("Your purchase from this store was too long ago to ask here."),
        "purchase_refunded": _("Your purchase was refunded, so you cannot ask here."),
        "not_a_follower": _("Only followers of this store can ask here: follow it first."),
        "not_staff": _("Your role in this store does not allow this."),
        "room_not_live": _("You can ask once it is live."),
        "room_ended": _("This room has ended."),
        "store_suspended": _("This store is closed for now."),
        "muted": _("The host has muted you here. You can ask again in {seconds} s."),
        "muted_open": _("The host has muted you here."),
        "slow_mode": _("Slow mode: you can ask again in {seconds} s."),
        "rate_limited": _("That was too fast. Try again in a moment."),
        "unavailable": _("This does not work right now. Try again in a moment."),
        "no_answer": _("No answer came. Try again."),
        "cannot_mute_staff": _("This person works for the store and cannot be muted."),
        "too_many_sockets": _("Too many pages are open. It goes on in a while."),
        "question_hidden": _("This question was hidden: show it again first."),
        "not_found": _("This is not here any more."),
        "failed": _("That did not work: {detail}"),
    }


def _notes() -> dict[str, str]:
    return {
        "left": _("Characters left: {count}"),
        "over": _("Characters too many: {count}"),
        "asking": _("Sending…"),
        "asked": _("Your question is on the list."),
        "held": _("Sent. The host reads questions before they are shown."),
        "answered": _("{name} answered: {text}"),
        "asked_by_others": _("New questions: {count}"),
        "started": _("It is live now."),
        "ended": _("It is over. Thank you for watching."),
        "reset": _("You were away for long: this is the room as it is now."),
        "reset_anew": _("The room was loaded anew."),
        "muted_person": _("{name} cannot ask for 10 minutes."),
        "unmuted_person": _("{name} can ask again."),
        "hidden_one": _("Hidden. It is in the list on top, to be shown again."),
        "saved": _("Saved."),
        "pin": _("Pin"),
        "unpin": _("Unpin"),
        "mute": _("Mute"),
        "unmute": _("Unmute"),
        "show": _("Show to all"),
        "unshow": _("Stop showing"),
    }
