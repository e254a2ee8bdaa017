"""Routes of pictures."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, UploadedFile

from accounts.auth import signed_in, the_user
from core.api import Router, Status, etag_of, json_answer, problems, require_match, to_json
from core.problems import invalid
from posts import selectors
from posts.models import Media, MediaPurpose
from posts.schemas import MediaOut, MediaPatch, UploadIn
from posts.services import media as service
from stores.selectors.stores import visible_store

router = Router(tags=["media"], auth=signed_in)


def tag_of(media: Media) -> str:
    """The strong ETag of a picture."""
    return etag_of("media", media.id, media.status, media.alt, weak=False)


def _bytes_of(request: HttpRequest, file: UploadedFile, *, other_fields: frozenset[str] = frozenset()) -> bytes:
    strange = sorted(set(request.POST) - other_fields)
    if strange:
        raise invalid(strange[0][:100], "is not a field of this form", code="extra_forbidden")
    data: bytes = file.read()
    return data


@router.post("/stores/{handle}/media", response={202: MediaOut}, operation_id="upload_media")
def upload_media(
    request: HttpRequest, handle: str, file: File[UploadedFile], fields: Form[UploadIn]
) -> Status[MediaOut]:
    """A picture for posts: JPEG, PNG, WebP or HEIC. Look at `GET /media/{id}` until it is ready."""
    user = the_user(request)
    data = _bytes_of(request, file, other_fields=frozenset(UploadIn.model_fields))
    store = visible_store(handle=handle, viewer=user)
    media = service.upload_for_store(user=user, store=store, data=data, alt=fields.alt)
    return Status(202, MediaOut.of(media))


@router.post("/stores/{handle}/avatar", response={202: MediaOut}, operation_id="upload_store_avatar")
def upload_store_avatar(request: HttpRequest, handle: str, file: File[UploadedFile]) -> Status[MediaOut]:
    """The store's avatar; it is shown once the picture is ready."""
    return _upload_for_profile(request, handle, file, MediaPurpose.STORE_AVATAR)


@router.post("/stores/{handle}/cover", response={202: MediaOut}, operation_id="upload_store_cover")
def upload_store_cover(request: HttpRequest, handle: str, file: File[UploadedFile]) -> Status[MediaOut]:
    """The store's cover; it is shown once the picture is ready."""
    return _upload_for_profile(request, handle, file, MediaPurpose.STORE_COVER)


def _upload_for_profile(
    request: HttpRequest, handle: str, file: UploadedFile, purpose: MediaPurpose
) -> Status[MediaOut]:
    user, data = the_user(request), _bytes_of(request, file)
    store = visible_store(handle=handle, viewer=user)
    return Status(202, MediaOut.of(service.upload_for_store(user=user, store=store, data=data, purpose=purpose)))


@router.post("/me/avatar", response={202: MediaOut}, operation_id="upload_my_avatar")
def upload_my_avatar(request: HttpRequest, file: File[UploadedFile]) -> Status[MediaOut]:
    """One's own avatar; it is shown once the picture is ready."""
    media = service.upload_avatar(user=the_user(request), data=_bytes_of(request, file))
    return Status(202, MediaOut.of(media))


@router.get("/media/{media_id}", response=MediaOut, operation_id="get_media")
def get_media(request: HttpRequest, media_id: int) -> HttpResponse:
    """Status, and the files once it is ready; for the store's staff, or for whose avatar it is."""
    media = selectors.visible_media(media_id=media_id, viewer=the_user(request))
    return json_answer(request, to_json(MediaOut.of(media).model_dump()), etag=tag_of(media))


@router.patch("/media/{media_id}", response=MediaOut, operation_id="update_media")
@problems(412)
def update_media(request: HttpRequest, response: HttpResponse, media_id: int, body: MediaPatch) -> MediaOut:
    """Changes the alternative text; posts that show the picture follow."""
    media = service.describe_media(
        user=the_user(request),
        media_id=media_id,
        alt=body.alt,
        precondition=lambda media: require_match(request, tag_of(media)),
    )
    response["ETag"] = tag_of(media)
    return MediaOut.of(media)
