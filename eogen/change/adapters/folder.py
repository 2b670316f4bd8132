"""Where the models that a user brings lie, and what is missing of each.

The folder is ``EOGEN_MODELS``, else ``models`` in the platform's data folder::

    terramind/   TerraMind_v1_base.pt (or _small, _tiny, _large) and TerraMind_Tokenizer_S2L2A.pt
    satdino/     satdino-vit_small-16.pth, or any ViT of the DINO or timm layout as .safetensors, .pth or .pt
    supervised/  model.toml (see eogen.change.adapters.supervised) and the .safetensors it names
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from eogen.errors import Unavailable

VARIABLE = "EOGEN_MODELS"


@dataclass(frozen=True)
class Brought:
    """A model that the user brings.

    Attributes:
        name: of its folder, and in ``Method.brings``.
        files: for each file it needs, the names it may have (glob patterns), the preferred first.
        page: where it is described, licensed and downloaded by the user.
        licence: of the weights.
        get: the command that brings it, with ``{folder}``; or a sentence where there is none.
        package: a Python package that it needs and EOGen does not install, or ``""``.
        install: the command that installs it.
    """

    name: str
    files: tuple[tuple[str, ...], ...]
    page: str
    licence: str
    get: str
    package: str = ""
    install: str = ""


_HUB = "https://huggingface.co/"
BROUGHT: dict[str, Brought] = {
    each.name: each
    for each in (
        Brought(
            "terramind",
            (
                tuple(f"TerraMind_v1_{size}.pt" for size in ("base", "small", "tiny", "large")),
                ("TerraMind_Tokenizer_S2L2A.pt",),
            ),
            f"{_HUB}ibm-esa-geospatial/TerraMind-1.0-base",
            "Apache-2.0",
            "hf download ibm-esa-geospatial/TerraMind-1.0-base TerraMind_v1_base.pt --local-dir {folder} && "
            "hf download ibm-esa-geospatial/TerraMind-1.0-Tokenizer-S2L2A TerraMind_Tokenizer_S2L2A.pt "
            "--local-dir {folder}",
            package="terratorch",
            install="pip install terratorch diffusers==0.30.0",
        ),
        Brought(
            "satdino",
            (("*.safetensors", "*.pth", "*.pt"),),
            f"{_HUB}strakajk/satdino-vit_small-16",
            "Apache-2.0",
            "hf download strakajk/satdino-vit_small-16 satdino-vit_small-16.pth --local-dir {folder}",
        ),
        Brought(
            "supervised",
            (("model.toml",),),
            "https://github.com/yb23/HySCDG",
            "yours",
            "write {folder}/model.toml and put the .safetensors it names beside it",
        ),
    )
}


@dataclass(frozen=True)
class Status:
    """What is here of a model.

    Attributes:
        name: of the model.
        folder: where its files belong.
        reason: ``""`` (ready), the name of the package that is missing, or ``"user_weights"``.
        files: those found, in the order of :attr:`Brought.files`.
        missing: names that were looked for and not found, one for each absent file.
        get: the command, or what to do, that brings what is missing; ``""`` when ready.
    """

    name: str
    folder: Path
    reason: str
    files: tuple[Path, ...]
    missing: tuple[str, ...]
    get: str

    @property
    def ready(self) -> bool:
        """Return whether it can be asked."""
        return not self.reason


def models_root() -> Path:
    """Return the folder of the models that the user brings (it may not exist)."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser().absolute()
    return platformdirs.user_data_path("eogen", appauthor=False) / "models"


def status(name: str, root: Path | None = None) -> Status:
    """Return what is here of a model and how to get the rest; nothing is opened or imported."""
    model = BROUGHT[name]
    folder = (root or models_root()) / name
    files, missing = [], []
    for patterns in model.files:
        found = [path for pattern in patterns for path in sorted(folder.glob(pattern)) if path.is_file()]
        files += found[:1]
        missing += [] if found else [patterns[0]]
    if missing:
        return Status(
            name, folder, "user_weights", tuple(files), tuple(missing), model.get.format(folder=folder)
        )
    if model.package and find_spec(model.package) is None:
        return Status(name, folder, model.package, tuple(files), (), model.install)
    return Status(name, folder, "", tuple(files), (), "")


def require(name: str, root: Path | None = None) -> tuple[Path, ...]:
    """Return the files of a model that is ready.

    Raises:
        Unavailable: ``change_model_absent`` or ``change_package_absent``, with what brings it as ``command``.
    """
    found = status(name, root)
    if found.reason == "user_weights":
        raise Unavailable(
            "change_model_absent",
            "The model {name} is brought by you and is not complete here: {files} is not in {folder}. To get it: "
            "{command}",
            name=name, files=", ".join(found.missing), folder=str(found.folder), command=found.get,
        )  # fmt: skip
    if found.reason:
        raise Unavailable(
            "change_package_absent",
            "The model {name} needs the Python package {package}, which is not installed. To install it: {command}",
            name=name, package=found.reason, command=found.get,
        )  # fmt: skip
    return found.files
