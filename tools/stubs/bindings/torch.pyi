from typing import TypeAlias

import torch
import torch.utils.data

from d2l_multi.book.types import DTypeName

_Tensor: TypeAlias = torch.Tensor
_TensorLike: TypeAlias = torch.Tensor
_Parameter: TypeAlias = torch.Tensor
_Device: TypeAlias = torch.device
_DeviceLike: TypeAlias = torch.device | str | None
_DType: TypeAlias = torch.dtype
_DTypeLike: TypeAlias = torch.dtype | DTypeName
_Loader: TypeAlias = torch.utils.data.DataLoader[tuple[torch.Tensor, ...]]
_Optimizer: TypeAlias = torch.optim.Optimizer
_NativeModule: TypeAlias = torch.nn.Module
