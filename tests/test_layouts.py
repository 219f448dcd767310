"""Where modlint says in which order the elements of a result lie, torch lays them out like that."""

from __future__ import annotations

from typing import Any

import pytest

from modlint.interpret.files import Project
from modlint.interpret.reading import open_document
from modlint.sources import load
from modlint.syntax import parse
from modlint.values import SCATTERED, Tensor

torch = pytest.importorskip("torch")

PREAMBLE = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
INPUTS = {
    "channels last": "torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)",
    "four dims permuted": "torch.randn(2, 3, 4, 5).permute(0, 2, 3, 1)",
    "four dims reversed": "torch.randn(2, 4, 3, 5).transpose(1, 3)",
    "a size of one": "torch.randn(2, 4, 1, 5).permute(0, 3, 2, 1)",
    "three dims": "torch.randn(2, 6, 4).transpose(1, 2)",
    "a batch of one": "torch.randn(1, 4, 6).transpose(1, 2)",
    "two dims": "torch.randn(5, 4).t()",
}
RESULTS = r"""
    F.layer_norm(x,x.shape[-1:])
    nn.LayerNorm(x.shape[-1])(x)
    F.softmax(x,-1)
    F.softmax(x,1)
    F.log_softmax(x,-1)
    F.relu(x)
    F.gelu(x)
    F.silu(x)
    F.dropout(x,0.5)
    nn.Dropout(0.)(x)
    F.dropout(x,0.5,False)
    F.normalize(x,dim=-1)
    F.normalize(x,dim=1)
    F.batch_norm(x,None,None,training=True)
    F.group_norm(x,1)
    F.instance_norm(x)
    F.linear(x,torch.ones(7,x.shape[-1]))
    nn.Linear(x.shape[-1],8)(x)
    x+1
    x*x
    x+torch.ones(x.shape)
    torch.ones(x.shape)+x
    x+torch.ones(x.shape[-1])
    torch.cat([x,x],1)
    torch.cat([x,x],-1)
    torch.stack([x,x],1)
    torch.where(x>0,x,x)
    torch.where(x>0,x,torch.ones(x.shape))
    x.masked_fill(x>0,0.)
    x.clone()
    x.contiguous()
    x.abs()
    x.clamp(0,1)
    x.pow(2)
    x.sqrt()
    x.float()
    x.double()
    x.mean(1,keepdim=True)
    x.sum(-1)
    x.max(1)[0]
    x.max(-1,keepdim=True)[0]
    x.cumsum(1)
    x.sort(1)[0]
    x.flip(1)
    x.roll(1,1)
    F.pad(x,(1,1))
    x.repeat(*([2]*x.dim()))
    x.expand(*x.shape)
    x.detach()
    x.data
    x.index_select(1,torch.tensor([0,1]))
    x[:,torch.tensor([0,1])]
    x[:,:2]
    x.gather(1,torch.zeros(x.shape,dtype=torch.long))
    x@x.transpose(-1,-2)
    torch.matmul(x.transpose(-1,-2),x)
    x.softmax(-1).transpose(-1,-2)
    torch.zeros_like(x)
    x.new_zeros(x.shape)
    -x
    x.sigmoid()
    x.tanh()
    torch.exp(x)
    F.leaky_relu(x)
    F.elu(x)
    F.prelu(x,torch.ones(1))
    x.mul(2).add(1)
    x.div(2)
    x.add_(1)
    x.relu_()
    torch.rsqrt(x)
    torch.lerp(x,x,0.5)
    torch.maximum(x,x)
    x.flatten(1)
    x.reshape(x.shape[0],-1)
    x.unsqueeze(1)
    x.squeeze()
    x.chunk(2,1)[0]
    x.split(2,1)[0]
    x.unfold(1,2,1)
    x.narrow(1,0,2)
    x.tril()
    F.glu(torch.cat([x,x],-1))
    F.hardswish(x)
    F.mish(x)
    F.softplus(x)
    F.threshold(x,0,0)
    F.rms_norm(x,x.shape[-1:])
    nn.GELU()(x)
    nn.Softmax(-1)(x)
    x.round()
    x.int()
    x>0
    x.logical_not()
    (x>0)&(x<1)
    torch.addcmul(x,x,x)
    x.diff(dim=1)
    x.norm(dim=1,keepdim=True)
    x.std(1,keepdim=True)
    x.var(-1)
    x.logsumexp(1)
    x.bmm(x.transpose(1,2))
    torch.baddbmm(torch.zeros(2,4,4),x,x.transpose(1,2))
    torch.einsum("...i,...i->...i",x,x)
    F.max_pool2d(x,2)
    F.avg_pool2d(x,2)
    F.adaptive_avg_pool2d(x,1)
    F.adaptive_avg_pool2d(x,2)
    F.adaptive_max_pool2d(x,2)
    F.interpolate(x,scale_factor=2)
    F.interpolate(x,scale_factor=2,mode="bilinear")
    F.conv2d(x,torch.ones(6,x.shape[1],1,1))
    F.conv1d(x,torch.ones(6,x.shape[1],1))
    nn.BatchNorm2d(x.shape[1])(x)
    nn.BatchNorm1d(x.shape[1])(x)
    nn.PReLU()(x)
    F.pixel_shuffle(x,1)
    nn.ReLU(inplace=True)(x)
    F.dropout2d(x)
    F.max_pool1d(x,2)
    F.avg_pool1d(x,2)
    F.adaptive_avg_pool1d(x,2)
    F.cosine_similarity(x,x,dim=1)
    torch.roll(x,1)
    torch.rot90(x,1,[0,1])
    x.permute(*reversed(range(x.dim())))
    torch.tensordot(x,x,dims=([0],[0]))
    F.scaled_dot_product_attention(x,x,x)
    torch.nan_to_num(x)
    F.unfold(x,2)
    x.t()
    x.tril(1)
    x.scatter(1,torch.zeros(x.shape,dtype=torch.long),1.)
    x.repeat_interleave(2,1)
    torch.tile(x,(2,))
    x.amax(1,keepdim=True)
    x.argmax(1)
    x.prod(1)
    x.fill_(0)
    x.index_add(1,torch.tensor([0]),x[:,:1])
    x.cummax(1)[0]
    torch.heaviside(x,x)
    x.unbind(1)[0]
    x.select(1,0)
    x.diagonal(0,-2,-1)
    x.movedim(0,1)
    x.swapaxes(0,1)
    x.unflatten(-1,(1,-1))
    F.local_response_norm(x,2)
    F.softmin(x,-1)
    F.tanhshrink(x)
    F.grid_sample(x,torch.zeros(2,3,3,2))
    F.log_softmax(x,1)
    F.gumbel_softmax(x)
    nn.Identity()(x)
    nn.Hardtanh()(x)
    nn.InstanceNorm2d(x.shape[1])(x)
    nn.GroupNorm(1,x.shape[1])(x)
    nn.Conv2d(x.shape[1],4,1)(x)
    nn.ConvTranspose2d(x.shape[1],4,1)(x)
    nn.Conv1d(x.shape[1],4,1)(x)
"""


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("result", [line.strip() for line in RESULTS.strip().splitlines()])
def test_elements_lie_as_torch_lays_them(result: str) -> None:
    for name, given in INPUTS.items():
        program = f"{PREAMBLE}x = {given}\nresult = {result}\n"
        theirs = run(program)
        ours = read(program)
        if theirs is not None and isinstance(ours, Tensor) and ours.order != SCATTERED:
            assert is_contiguous(ours) == theirs.is_contiguous(), (name, ours.order, theirs.stride())


def run(program: str) -> Any:
    """The tensor that torch gives, None when it does not take this input."""
    namespace: dict[str, Any] = {}
    try:
        exec(program, namespace)
    except (RuntimeError, ValueError, IndexError):
        return None
    found = namespace["result"]
    return found if isinstance(found, torch.Tensor) else None


def read(program: str) -> Any:
    unit = parse("program.py", load("program.py", program.encode()).cells[0])
    return open_document([unit], Project()).scope.own("result")


def is_contiguous(tensor: Tensor) -> bool:
    """Whether the axes stand in order, those of size 1 left out."""
    if tensor.order is None:
        return True
    assert isinstance(tensor.shape, tuple)
    axes = [axis for axis in tensor.order if tensor.shape[axis] != 1]
    return axes == sorted(axes)
