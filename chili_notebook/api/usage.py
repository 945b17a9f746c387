"""The usage of subscriptions, from GraFx's Platform API.

Sources: the reference of the Platform API (fields), third-party code (``maxStorage``,
``storageUsed``). The call for renders is documented for environments only, and its
grouping is from 2022: here it is tried for each subscription.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from chili_notebook.api.ids import path_segment
from chili_notebook.api.listing import data_frame
from chili_notebook.api.responses import body_of, text_in, whole_number_in
from chili_notebook.auth.environment import grafx_kind
from chili_notebook.errors import (
    ConfigurationError,
    ForbiddenError,
    ServerError,
    UnexpectedAnswerError,
)
from chili_notebook.http.urls import is_loopback, origin_of

if TYPE_CHECKING:
    import httpx
    import pandas as pd

    from chili_notebook.api.base import ApiClient

PLATFORM_URL = "https://api.chiligrafx.com"
_PAUSES_S = (0.5, 2.0)
_REFUSED = {401, 403}
_NOT_AVAILABLE = {400, 401, 403, 404}
_COLUMNS = (
    "subscription",
    "client",
    "id",
    "active",
    "storage_used",
    "storage_limit",
    "period",
    "renders",
    "watermarked",
)


def fetch_usage(
    client: ApiClient, *, group_by: Literal["month", "year"] = "month"
) -> pd.DataFrame:
    """Return the usage of each subscription; see `Chili.usage`."""
    if group_by not in ("month", "year"):
        raise ConfigurationError(
            f"{group_by!r} is not a period of usage.", hint='Use "month" or "year".'
        )
    rows: list[tuple[Any, ...]] = []
    for listed in _listed(_call(client, "subscriptions", required=True)):
        guid = text_in(listed, "guid") or text_in(listed, "id") or ""
        path = f"subscriptions/{path_segment(guid)}"
        subscription = {**listed, **_object(_call(client, path))}
        active = subscription.get("isActive")
        fixed = (
            text_in(subscription, "name"),
            text_in(subscription, "clientName"),
            guid,
            active if isinstance(active, bool) else None,
            whole_number_in(subscription, "storageUsed"),
            whole_number_in(subscription, "maxStorage"),
        )
        periods = _listed(_call(client, f"{path}/renders", groupBy=group_by))
        counts = [
            (
                text_in(period, "date"),
                whole_number_in(period, "totalRenders"),
                whole_number_in(period, "totalWatermarkedRenders"),
            )
            for period in periods
        ]
        rows += [fixed + count for count in counts or [(None, None, None)]]
    return data_frame(rows, _COLUMNS)


def _call(
    client: ApiClient, path: str, *, required: bool = False, **params: str
) -> httpx.Response | None:
    """Return a response of the Platform API, or ``None`` if it is not available.

    Raises:
        ForbiddenError: If the call is required, and the token is not accepted.
    """
    response = _get(
        client,
        f"{_platform_url(client)}/api/v1/{path}",
        params=params,
        accepted=_REFUSED if required else _NOT_AVAILABLE,
        auth=client.token,
    )
    if response.is_success:
        return response
    if not required:
        return None
    raise ForbiddenError(
        f"GraFx's Platform API does not accept this token ({response.status_code}).",
        hint="Ask an administrator of the subscription whether your integration may "
        "use the Platform API. The Environment API is not affected.",
        status_code=response.status_code,
    )


def _get(client: ApiClient, url: str, **options: Any) -> httpx.Response:
    """Return a response. Users report that the Platform API sometimes fails (500)."""
    for pause_s in _PAUSES_S:
        try:
            return client.request("GET", url, **options)
        except ServerError:
            client.sleep(pause_s)
    return client.request("GET", url, **options)


def _platform_url(client: ApiClient) -> str:
    """Return the address of the Platform API.

    Raises:
        ConfigurationError: If the environment is not one of GraFx's own, whose token
            must not be sent to GraFx.
    """
    parts = urlsplit(client.environment.base_url)
    host = parts.hostname or ""
    if grafx_kind(host) is not None:
        return PLATFORM_URL
    if is_loopback(host):
        return origin_of(parts)
    raise ConfigurationError(
        "The usage is not known, because the environment is not at one of "
        "GraFx's own addresses.",
        hint="Sign in with the technical name of the environment.",
    )


def _object(response: httpx.Response | None) -> Mapping[str, Any]:
    body = None if response is None else body_of(response)
    if isinstance(body, Mapping):
        inner = body.get("data", body)
        return inner if isinstance(inner, Mapping) else {}
    return {}


def _listed(response: httpx.Response | None) -> list[Mapping[str, Any]]:
    """Return the objects of a list, bare or in ``data``.

    Raises:
        UnexpectedAnswerError: If the response is not a list.
    """
    body = [] if response is None else body_of(response)
    body = body.get("data") if isinstance(body, Mapping) else body
    if not isinstance(body, list):
        raise UnexpectedAnswerError(
            "The response of GraFx's Platform API is not a list."
        )
    return [item for item in body if isinstance(item, Mapping)]
