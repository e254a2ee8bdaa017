"""What sign-up asks beside email and password."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest

from accounts.models import Language, User
from core.text import one_line


class SignUpForm(forms.Form):
    """A name to be seen under, and a language. Both may be left out and changed later (ACCOUNT_SIGNUP_FORM_CLASS)."""

    display_name = forms.CharField(required=False, max_length=settings.LIMITS.display_name_chars)
    language = forms.ChoiceField(required=False, choices=Language.choices)

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth calls this with the new, saved user."""
        user.display_name = one_line(self.cleaned_data.get("display_name", "")) or f"Shopper {user.pk}"
        user.language = self.cleaned_data.get("language") or Language.ENGLISH
        user.save(update_fields=["display_name", "language"])
