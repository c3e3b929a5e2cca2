import pytest
from test_pretrained_transfer import *
from test_pretrained_transfer import shapes
from conftest import resnet
from sureshot.training import features as F
@pytest.mark.parametrize("views,inp",[(0,True),(0,False),(1,True),(1,False)])
def test_x(resnet, shapes, tmp_path, views, inp, monkeypatch):
    if not inp:
        real=F.lean
        def l(n):
            m=real(n)
            for x in m.modules():
                if isinstance(x,(torch.nn.ReLU,torch.nn.ReLU6)): x.inplace=False
            return m
        monkeypatch.setattr(F,"lean",l)
    work = prepared(shapes, resnet, tmp_path, "f", transfer__way="features", epochs=6, transfer__views=views)
    trained(work)
    print(views,inp,[(round(r["validation_loss"],3),round(r["validation_accuracy"],3),round(r["train_accuracy"],3)) for r in work.run.history])
