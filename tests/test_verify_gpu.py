"""Models run on a GPU, in the same sandbox, and what goes wrong there ends one model alone."""

from __future__ import annotations

import pytest
from verify_support import INPUT, job, model, run

from modlint.verify.protocol import InputSpec, ModelReport, Verdict, VerifyOptions

torch = pytest.importorskip("torch", reason="models cannot run without torch")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
    pytest.mark.xdist_group("runs models"),
]

RAN, FAILED, META_ONLY = Verdict.RAN, Verdict.FAILED, Verdict.META_ONLY
NO_SUCH_ROW = "torch.zeros(2, device=x.device)[torch.tensor([5], device=x.device)].sum()\nreturn self.layer(x)"
TOO_MUCH = "torch.empty(2 ** 45, device=x.device)"
WIDE = "class Wide(nn.Linear):\n    def __init__(self):\n        super().__init__(4096, 4096)\n"
WIDE_INPUT = (InputSpec((64, 4096)),)
MEBIBYTE = 1 << 20


def reports_on(source: str, *expressions: str, inputs: tuple[InputSpec, ...] = INPUT) -> list[ModelReport]:
    return [report for report, _ in run([job(source, *expressions, inputs=inputs)], VerifyOptions(timeout=120))]


def test_models_run_on_the_gpu_and_in_the_sandbox() -> None:
    first, second = reports_on(model("assert x.is_cuda or x.is_meta"), "Model()", "Model()")
    assert first.verdict is second.verdict is RAN, first.message
    assert first.device == f"cuda:0 {torch.cuda.get_device_name(0)}"
    assert first.finite is True
    (on_cpu, _), *_ = run([job(model("pass"))], VerifyOptions(device="cpu"))
    assert on_cpu.device == "cpu"
    assert first.sandbox == on_cpu.sandbox != "none"


def test_peak_memory_is_what_torch_says() -> None:
    (report,) = reports_on(WIDE, "Wide()", inputs=WIDE_INPUT)
    layer = torch.nn.Linear(4096, 4096).cuda()
    torch.cuda.reset_peak_memory_stats()
    layer(torch.randn(64, 4096).cuda()).sum().backward()
    assert report.peak_memory == pytest.approx(torch.cuda.max_memory_allocated(), abs=4 * MEBIBYTE)


def test_peak_memory_is_known_without_gradients() -> None:
    (report,) = reports_on("class Plain(nn.Module):\n    def forward(self, x):\n        return x * 2\n", "Plain()")
    assert (report.verdict, report.peak_memory is not None) == (RAN, True)


def test_a_lack_of_memory_is_no_failure_and_the_next_model_runs() -> None:
    spared = "class Spared(Model):\n    def forward(self, x):\n        return self.layer(x)\n"
    short, next_one = reports_on(model(TOO_MUCH) + spared, "Model()", "Spared()")
    assert (short.verdict, next_one.verdict) == (META_ONLY, RAN)
    assert "out of memory" in short.message


def test_what_does_not_fit_is_not_tried() -> None:
    (report,) = reports_on(model("pass", init="self.big = nn.Linear(10 ** 7, 10 ** 7)"))
    assert (report.verdict, report.device) == (META_ONLY, "meta")
    assert "bytes, and" in report.message


def test_an_assertion_of_the_device_fails_its_model_alone() -> None:
    lost = job(model(NO_SUCH_ROW), "Model()", "Model()")
    reports = [report for report, _ in run([lost, job(model("pass"))], VerifyOptions(timeout=120))]
    assert [report.verdict for report in reports] == [FAILED, FAILED, RAN]
    assert "CUDA error: device-side assert triggered" in reports[0].message
    assert reports[0].message.endswith(
        "line 9: torch.zeros(2, device=x.device)[torch.tensor([5], device=x.device)].sum()"
    )


def test_hidden_devices_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (report,) = reports_on(model("pass"))
    assert (report.verdict, report.device) == (RAN, "cpu")
