"""A stand-in for terratorch's TerraMind, with the library's names (read in its source).

A generation model holds ``sampler.model`` and ``tokenizer``; the published file holds the keys of ``sampler.model``
without that prefix, for all modalities; tokenizers are files of their own. Predictions are a law that can be worked out
by hand: token v of a patch has the logit -(v - mean)^2, mean being that of the patch it is given, or a constant when it
is given nothing.
"""

from __future__ import annotations

import os

import torch
from torch import nn

CODES, CELLS = 16, 14
CHECKPOINT, TOKENIZER = "TerraMind_v1_tiny.pt", "TerraMind_Tokenizer_S2L2A.pt"
BANDS = {"untok_sen2l2a@224": 12, "untok_sen2l1c@224": 13, "untok_sen2rgb@224": 3}
TARGET = "tok_sen2l2a@224"
MEAN, DEVIATION = 1000.0, 500.0


class Embedding(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels * 256, 4, bias=False)
        self.mod_emb = nn.Parameter(torch.randn(1, 1, 4))
        self.register_buffer("pos_emb", torch.randn(1, CELLS**2, 4))


class TokenEmbedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.token_emb = nn.Embedding(CODES, 4)
        self.to_logits = nn.Linear(4, CODES, bias=False)
        self.to_logits.weight = self.token_emb.weight


class Core(nn.Module):
    """``sampler.model``: tokens of the target from the pixels of the source."""

    def __init__(self, sources: list[str]) -> None:
        super().__init__()
        self.encoder_embeddings = nn.ModuleDict({name: Embedding(BANDS[name]) for name in sources})
        self.decoder_embeddings = nn.ModuleDict({TARGET: TokenEmbedding()})
        self.encoder = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
        self.mask_token = nn.Parameter(torch.randn(1, 1, 4))
        self.level = nn.Parameter(torch.rand(()))
        self.blind = nn.Parameter(torch.rand(()))

    def forward(self, mod_dict, num_encoder_tokens, num_decoder_tokens, loss_type="mod", return_logits=False):
        assert return_logits
        (source,) = set(mod_dict) - {TARGET}
        given, asked = mod_dict[source], mod_dict[TARGET]
        n = asked["tensor"].shape[1]
        assert num_encoder_tokens == num_decoder_tokens == n
        assert asked["tensor"].abs().sum() == 0  # the answer is not given away
        assert asked["input_mask"].all()
        assert not asked["target_mask"].any()
        hidden = torch.arange(n) >= torch.cumsum(asked["decoder_attention_mask"], 1)[..., None]
        assert not hidden.any()  # by the library's rule every token may look at every other
        pixels = given["tensor"]
        patches = pixels.unfold(2, 16, 16).unfold(3, 16, 16)[:, 0].mean((-1, -2)).flatten(1)
        mean = torch.where(given["input_mask"], self.blind.expand_as(patches), self.level * patches)
        return {TARGET: -((torch.arange(CODES) - mean[..., None]) ** 2)}


class Tokenizer(nn.Module):
    """Token = the level of the first band of the patch."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.rand(()))
        self.encoder = nn.Linear(12, 2)

    def encode(self, x):
        assert x.shape[1] == 12
        level = x[:, 0].unfold(1, 16, 16).unfold(2, 16, 16).mean((-1, -2))
        return None, None, (self.gain * level).round().clamp(0, CODES - 1).to(torch.int32)


class Generation(nn.Module):
    def __init__(self, modalities: list[str]) -> None:
        super().__init__()
        keys = {"S2L2A": "untok_sen2l2a@224", "S2L1C": "untok_sen2l1c@224"}
        self.sampler = nn.Module()
        self.sampler.model = Core([keys[name] for name in modalities])
        self.tokenizer = nn.ModuleDict({TARGET: Tokenizer()})
        self.mod_name_mapping = {name: keys[name] for name in modalities}
        self.output_modalities = [TARGET]
        tables = {**BANDS, TARGET: 12}
        self.pretraining_mean = {k: torch.full((1, c, 1, 1), MEAN) for k, c in tables.items()}
        self.pretraining_std = {k: torch.full((1, c, 1, 1), DEVIATION) for k, c in tables.items()}


class Library:
    """The registry; counts what is built, refuses what would reach a network or leave weights random."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self.offline: list[str | None] = []
        self.change = lambda made: None

    def build(self, name, **settings):
        self.built.append(name)
        self.offline.append(os.environ.get("HF_HUB_OFFLINE"))
        assert settings.pop("pretrained") is False
        assert "ckpt_path" not in settings
        if name.endswith("_generate"):
            assert settings.pop("output_modalities") == ["S2L2A"]
            made = Generation(settings.pop("modalities"))
        else:
            assert name == "terramind_v1_tokenizer_s2l2a"
            made = Tokenizer()
        assert not settings
        self.change(made)
        return made


def published(seed: int = 0) -> dict[str, torch.Tensor]:
    """The state of the published file: bare keys, the embeddings of every modality."""
    torch.manual_seed(seed)
    state = Core(list(BANDS)).state_dict()
    return state | {"level": torch.tensor(1.0), "blind": torch.tensor(5.0), "decoder_embeddings.tok_dem@224.mod_emb":
                    torch.ones(1, 1, 4)}  # fmt: skip


def tokenizer_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return Tokenizer().state_dict() | {"gain": torch.tensor(1.0)}
