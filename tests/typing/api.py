"""Use every public name as a script would; type-checked, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

import httpx
import pandas as pd
import requests

import chili_notebook
from chili_notebook import (
    Batch,
    BatchProblems,
    BatchRow,
    BatchRows,
    BrandColor,
    BrandKit,
    BrandKits,
    Chili,
    ChiliToken,
    DocumentItem,
    Environment,
    File,
    FontFamily,
    Fonts,
    FontStyle,
    Gallery,
    GalleryEntry,
    Installation,
    Item,
    Layout,
    Limits,
    Listing,
    LoginCard,
    Media,
    MediaFolder,
    MediaLibrary,
    Output,
    OutputReport,
    Outputs,
    OutputSetting,
    OutputSettings,
    OutputTask,
    Problem,
    ProblemKind,
    Project,
    Projects,
    RecordError,
    Rows,
    RowState,
    Swatches,
    Template,
    Templates,
    Transfer,
    TransferState,
    Variable,
    login,
)


def signs_in() -> None:
    """Sign in as scripts do."""
    assert_type(login(), Chili)
    assert_type(login("acme", "acme.env"), Chili)
    with login(demo=True) as chili:
        assert_type(chili, Chili)
    assert_type(chili_notebook.__version__, str)


def calls(chili: Chili) -> None:
    """Call what has no noun."""
    assert_type(chili.name, str)
    assert_type(chili.profile, str | None)
    assert_type(chili.get("templates", params={"limit": 5}), httpx.Response)
    assert_type(chili.post("templates", json={}), httpx.Response)
    assert_type(chili.put("templates/1", content=b"{}"), httpx.Response)
    assert_type(chili.patch("projects/1", json={"name": "New"}), httpx.Response)
    assert_type(chili.delete("/api/v1/info"), httpx.Response)
    assert_type(chili.request("GET", "media", timeout=5), httpx.Response)
    with chili.stream("GET", "x", accepted={404}) as response:
        assert_type(response, httpx.Response)
        assert_type(chili.link(response, "nextPage"), str)
    for item in chili.pages("connectors", {"search": "a"}):
        assert_type(item, Mapping[str, Any])
    assert_type(chili.info(), Mapping[str, Any])
    assert_type(chili.settings(), Mapping[str, Any])
    assert_type(chili.token, ChiliToken)
    assert_type(chili.clock(), float)
    assert_type(chili.stopwatch(), float)
    chili.previews = False
    chili.sleep(0.5)
    chili.close()


def nouns(chili: Chili) -> None:
    """Hold a noun."""
    assert_type(chili.templates, Templates)
    assert_type(chili.projects, Projects)
    assert_type(chili.media, MediaLibrary)
    assert_type(chili.fonts, Fonts)
    assert_type(chili.outputs, Outputs)
    assert_type(chili.outputs.settings, OutputSettings)
    assert_type(chili.environment, Environment)


def an_environment(environment: Environment) -> list[str]:
    """Read where the calls go."""
    hosts = [environment.base_url, environment.api_url, environment.host]
    hosts += [environment.token_url, environment.token_host]
    return [environment.name, environment.kind, environment.audience, *hosts]


def a_token(chili: Chili, token: ChiliToken) -> None:
    """Use the token as the snippets of the documentation do."""
    assert_type("Bearer " + token, str)
    assert_type(token + "", str)
    assert_type({"Authorization": f"Bearer {token}"}, dict[str, str])
    url = f"{chili.environment.base_url}/api/v1/info"
    httpx.get(url, auth=token)
    httpx.AsyncClient(auth=token)
    requests.get(url, auth=token, timeout=10)
    token.sync_auth_flow(httpx.Request("GET", url))
    token.async_auth_flow(httpx.Request("GET", url))
    assert_type(token.expires_at, datetime | None)
    assert_type(token.expires_in, float | None)
    assert_type(token.scopes, frozenset[str] | None)
    assert_type(token.expired, bool)


def templates(chili: Chili) -> None:
    """Find, read and change templates."""
    listing = chili.templates.list(
        search="card", folder="/", sort_by="name", sort_order="desc"
    )
    assert_type(listing, Listing[Template])
    template = chili.templates.get("id")
    assert_type(template, Template)
    document = template.document()
    assert_type(chili.templates.create(document, name="New"), Template)
    chili.templates.update(template.id, document)
    chili.templates.update(template, document)
    chili.templates.rename(template.id, "Newer")
    chili.templates.rename(template, "Newest")
    assert_type(chili.templates.get(template), Template)
    chili.templates.delete(template.id, force=True)
    chili.templates.delete(template)


def packages(chili: Chili, template: Template) -> DocumentItem | None:
    """Move a template from one environment to another."""
    assert_type(chili.templates.package(template, "card.zip"), Rows[Transfer])
    assert_type(chili.templates.package("id", Path("card")), Rows[Transfer])
    done = chili.templates.install(
        "card.zip", name="New", folder="/", replace=True, dry_run=True
    )
    assert_type(done, Installation)
    assert_type(done.parts, Rows[Transfer])
    return done.template


def a_template(template: Template) -> tuple[datetime | None, datetime | None]:
    """Read the fields of a template."""
    texts: list[str | None] = [template.id, template.name, template.type]
    assert_type([*texts, template.relative_path], list[str | None])
    assert_type(template.raw, Mapping[str, Any])
    return template.created, template.modified


def a_document(source: DocumentItem) -> None:
    """Read and render a template or a project."""
    assert_type(source.document(), dict[str, Any])
    assert_type(source.variables(), Rows[Variable])
    assert_type(source.layouts(), Rows[Layout])
    assert_type(source.preview("medium", layout_id="1", page_id="2"), File)
    assert_type(source.preview("medium", source.layouts()[0], "2"), File)
    assert_type(source.preview(timeout_s=5), File)
    assert_type(source.thumbnail(timeout_s=5), File)
    assert_type(source.sheet("sheets/", overwrite=True), Path)
    assert_type([source.id, source.name], list[str])
    assert_type(source.raw, Mapping[str, Any])
    assert_type(source.output("pdf", variables={"Name": "Ada"}), Output)
    assert_type(source.check({"Name": "Ada"}), Rows[Problem])


def a_variable(variable: Variable, layout: Layout) -> tuple[str, ...]:
    """Read the fields of a variable and a layout."""
    assert_type([variable.required, layout.selected], list[bool])
    assert_type([layout.id, layout.name], list[str])
    assert_type(layout.intent, str | None)
    assert_type([layout.raw, variable.raw], list[Mapping[str, Any]])
    assert_type([variable.read_only, variable.visible], list[bool])
    assert_type(variable.labels, Mapping[str, str])
    assert_type(variable.limits, Limits)
    assert variable.rows_from in {None, "injected", "connector"}
    return variable.name, variable.type, str(variable.value), *variable.allowed


def the_limits(limits: Limits, problem: Problem) -> None:
    """Read what a variable takes, and what is wrong with a value."""
    assert_type([limits.min_value, limits.max_value], list[Decimal | None])
    assert_type([limits.decimals, limits.max_characters], list[int | None])
    assert_type([limits.first_day, limits.last_day], list[date | None])
    assert_type(limits.excluded_days, tuple[str, ...])
    assert_type(problem.row, int | None)
    assert_type([problem.column, problem.reason, problem.suggestion], list[str])
    assert_type(problem.value, object)
    assert_type(problem.kind, ProblemKind)
    assert problem.kind in {
        ProblemKind.UNKNOWN_VARIABLE,
        ProblemKind.NOT_SETTABLE,
        ProblemKind.MISSING_VALUE,
        ProblemKind.NOT_IN_LIST,
        ProblemKind.WRONG_TYPE,
        ProblemKind.AMBIGUOUS,
        ProblemKind.OUT_OF_RANGE,
        ProblemKind.TOO_LONG,
        ProblemKind.UNREADABLE,
        ProblemKind.UNKNOWN_COLUMN,
        ProblemKind.FILE_NAME,
        ProblemKind.SAME_FILE_NAME,
        ProblemKind.TOO_LARGE,
    }


def projects(chili: Chili, template: Template, project: Project) -> None:
    """Find, make and change projects."""
    assert_type(chili.projects.list(), Listing[Project])
    assert_type(chili.projects.get("id"), Project)
    assert_type(chili.projects.create(template, name="New"), Project)
    assert_type(chili.projects.get(project), Project)
    chili.projects.rename(project.id, project.name)
    chili.projects.rename(project, project.name)
    project.save(project.document())
    chili.projects.delete(project.id)
    chili.projects.delete(project)
    made_of = [project.template_id, project.collection_id, project.user_interface_id]
    assert_type(made_of, list[str | None])
    assert_type(project.raw, Mapping[str, Any])


def media(chili: Chili, picture: Media) -> None:
    """Find, upload and download files of the media library."""
    found = chili.media.list(
        "a", folder="/Upload", subfolders=True, sort_by="name", sort_order="asc"
    )
    assert_type(found, Listing[Media])
    assert_type(chili.media.list(search="a"), Listing[Media])
    folders = chili.media.folders()
    assert_type(folders, Listing[MediaFolder])
    assert_type([folders[0].id, folders[0].path], list[str])
    assert_type(chili.media.upload_folder("a", folder="/b"), Rows[Transfer])
    done = chili.media.download_folder(Path("a"), folder="/b", search="c")
    assert_type(done, Rows[Transfer])
    assert_type(done[0].state, TransferState)
    one = done[0]
    assert_type([one.kind, one.name, one.reason, one.id], list[str])
    chili.media.rename(picture, "b")
    chili.media.move(picture.id, "/b")
    chili.media.delete(picture)
    assert_type(chili.media.get(picture.id), Media)
    assert_type(chili.media.get(picture), Media)
    assert_type(chili.media.upload("a.png", folder="/Upload"), Media)
    assert_type(chili.media.upload(b"...", name="a.png"), Media)
    assert_type(chili.media.upload(bytearray(3), name="a.png", folder=None), Media)
    assert_type(picture.metadata, Mapping[str, Any])
    assert_type(picture.preview("highest", timeout_s=5), File)
    assert_type(picture.thumbnail(), File)
    assert_type(picture.download(Path("pictures")), Path)
    assert_type([picture.width, picture.height], list[int | None])
    texts: list[str | None] = [picture.name, picture.extension, picture.type]
    assert_type([*texts, picture.relative_path], list[str | None])
    assert_type(picture.raw, Mapping[str, Any])
    item: Item = picture
    assert_type(item.raw, Mapping[str, Any])


def fonts(chili: Chili, family: FontFamily, style: FontStyle) -> None:
    """Find fonts."""
    listing = chili.fonts.list(search="a", sort_by="name", sort_order="asc")
    assert_type(listing, Listing[FontFamily])
    assert_type(chili.fonts.list("a"), Listing[FontFamily])
    assert_type(chili.fonts.get("a"), FontFamily)
    assert_type(chili.fonts.get(family), FontFamily)
    assert_type(chili.fonts.upload("a.ttf", Path("b")), Rows[Transfer])
    assert_type(chili.fonts.upload(b"a", name="a.ttf"), Rows[Transfer])
    assert_type(family.download("fonts"), Rows[Transfer])
    assert_type(style.download("fonts/"), Path)
    assert_type(style.default_file_name, str)
    assert_type(family.styles(), Listing[FontStyle])
    assert_type([family.thumbnail(), style.thumbnail()], list[File])
    assert_type(style.preview("line", timeout_s=5), File)
    assert_type([family.id, family.name, style.id, style.name], list[str])
    assert_type(family.extensions, tuple[str, ...])
    assert_type([family.styles_count, style.file_size], list[int | None])
    dates = [family.created, family.modified, style.created]
    assert_type(dates, list[datetime | None])
    texts = [style.family_id, style.family_name, style.file_name, style.extension]
    assert_type(texts, list[str | None])
    assert_type([family.raw, style.raw], list[Mapping[str, Any]])


def brand_kits(chili: Chili, kit: BrandKit, color: BrandColor) -> None:
    """Read and change the colours of a brand, and read the usage."""
    assert_type(chili.brand_kits, BrandKits)
    assert_type(chili.brand_kits.list(), Listing[BrandKit])
    assert_type(chili.brand_kits.get("Quillmere"), BrandKit)
    changed = chili.brand_kits.update(
        kit, name="New", colors={"Red": "#f00"}, replace=True
    )
    assert_type(changed, BrandKit)
    assert_type(kit.colors(), Swatches)
    assert_type(kit.colors().bundle(caption="a"), dict[str, str])
    assert_type([kit.id, kit.name, color.id, color.name], list[str])
    assert_type([color.type, color.value], list[str])
    assert_type([kit.created, kit.modified], list[datetime | None])
    assert_type(chili.usage(group_by="year"), pd.DataFrame)


def outputs(chili: Chili, template: Template, setting: OutputSetting) -> None:
    """Render now, or start and wait later."""
    row = {"Name": "Ada", "Price": 3.5, "Photo": None}
    output = chili.outputs.create(
        template, "png", variables=row, layout="Story", settings=setting, timeout_s=60
    )
    assert_type(output, Output)
    task = chili.outputs.start("id", "pdf", variables=[row, row], settings="id")
    assert_type(task, OutputTask)
    both = chili.outputs.create(
        template, "pdf", layout=["a", "b"], max_records_per_file=9, settings={"a": 1}
    )
    assert_type(both, Rows[Output])
    tasks = chili.outputs.start(
        template, "pdf", layout=template.layouts(), engine_version="2.27.0"
    )
    assert_type(tasks, list[OutputTask])
    assert_type(chili.outputs.task("id", "pdf"), OutputTask)


def an_output_task(task: OutputTask) -> Output:
    """Wait for what was started."""
    assert_type(task.id, str)
    assert_type(task.format, str | None)
    return task.wait(timeout_s=60)


def an_output(output: Output, error: RecordError) -> tuple[str, str, str]:
    """Save an output, and read its report."""
    assert_type(output.save("renders/"), Path)
    assert_type(output.content, bytes)
    assert_type(output.as_data_url(), str)
    assert_type(output.files(), list[File])
    assert_type(output.format, str | None)
    assert_type(output.report, OutputReport)
    assert_type(output.report[0], RecordError)
    assert_type(error.record, int | None)
    texts = [error.type, error.details, error.reason, error.explanation]
    assert_type(texts, list[str])
    assert_type(File.from_response(httpx.Response(200), name="a.png"), File)
    return output.content_type, output.file_name, output.task_id


def output_settings(chili: Chili, setting: OutputSetting) -> None:
    """List, make and delete output settings."""
    assert_type(chili.outputs.settings.list(), Listing[OutputSetting])
    made = chili.outputs.settings.create("png", name="Sharp", watermark=True)
    assert_type(made, OutputSetting)
    chili.outputs.settings.delete(setting.id)
    chili.outputs.settings.delete(setting)
    assert_type([setting.name, setting.format], list[str])
    assert_type([setting.description, setting.watermark_text], list[str | None])
    flags = [setting.is_default, setting.watermark, setting.data_source_enabled]
    assert_type(flags, list[bool])
    assert_type(setting.raw, Mapping[str, Any])


def tables(listing: Listing[Template], gallery: Gallery, rows: Rows[Layout]) -> None:
    """Look at many items at the same time."""
    assert_type(listing[0], Template)
    assert_type(listing[:5], Rows[Template])
    assert_type(listing.total, int | None)
    assert_type(listing.gallery(at_most=6), Gallery)
    assert_type(listing.to_frame(), pd.DataFrame)
    assert_type(Gallery.of(listing[:2]), Gallery)
    assert_type(gallery.entries, tuple[GalleryEntry, ...])
    entry = gallery.entries[0]
    assert_type([entry.caption, entry.picture, entry.problem], list[str])
    assert_type(rows[0].name, str)
    assert_type(rows.bundle(caption="Layouts"), dict[str, str])


def batches(chili: Chili, template: Template) -> None:
    """Render the rows of a table."""
    prints = chili.outputs.batch(
        template, "products.csv", "jpg", folder="renders", name="{sku}", columns={}
    )
    assert_type(prints, Batch)
    assert_type(prints.folder, Path)
    assert_type(len(prints), int)
    assert_type(prints[0], BatchRow)
    assert_type(prints[:3], list[BatchRow])
    assert_type(prints.problems, BatchProblems)
    assert_type(prints.problems[0], Problem)
    assert_type(prints.problems.to_frame(), Any)
    assert_type(prints.invalid, BatchRows)
    assert_type(prints.failures, BatchRows)
    assert_type(prints.failures.to_frame(), Any)
    assert_type(prints.unknown[0], BatchRow)
    assert_type(prints.counts, dict[str, int])
    assert_type(prints.merged, Path | None)
    assert_type(prints.run(limit=3, executor=ThreadPoolExecutor()), Batch)
    assert_type(next(prints.as_completed()), BatchRow)
    assert_type(prints.gallery(), Gallery)
    assert_type(prints.to_frame(), Any)


def rows_of_batches(row: BatchRow) -> None:
    """Look at a row of a batch."""
    assert_type(row.number, int)
    assert_type(row.values, Mapping[str, Any])
    assert_type(row.state, RowState)
    assert_type(row.path, Path | None)
    assert_type(row.error, str)
    assert_type(row.task_id, str | None)
    _ = [
        RowState.INVALID,
        RowState.READY,
        RowState.RUNNING,
        RowState.DONE,
        RowState.FAILED,
        RowState.UNKNOWN,
    ]


def sign_in_without_magics() -> str:
    """Use the card of notebooks without magics."""
    card = LoginCard("admin", demo=False)
    assert_type(card.chili, Chili)
    card.sign_out()
    return repr(card)
