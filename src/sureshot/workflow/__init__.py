"""The order of things: the house to read first.

    source ─→ listing ─→ index ─→ pixels ─→ duplicates ─→ splits ─→ findings ─→ page
                                                            │
    recipe ─→ preset ─→ image size ─→ network ─→ device ──→ train ─→ export ─→ bundle
                                                                                 │
                                                report ←─ scores ←─ predictions ←┘

The verbs, in the order in which somebody meets them, and the files that tell how each goes:

    get, look, query, export_data, describe   looking      what is there, before any training
    train, resume                             training     the whole way, from source to report
                                              indexing     its first leg: source → splits
                                              settling     what is asked → a recipe without "auto"
                                              comparing    how a run becomes comparable with one
                                              completing   its last leg: training → report
    evaluate                                  evaluating   how good a model is on labelled images
    predict, predict_to                       predicting   what images show
    plan                                      planning     what need not be looked at any more
    load, check                               opening      what was made, opened and verified

Stages meet only here and in the run folder. Every step of a training leaves its file, and is
passed over where the file is there already; so a resumed run and an unbroken one go the same way.
"""

from sureshot.workflow.comparing import before_after
from sureshot.workflow.evaluating import evaluate
from sureshot.workflow.indexing import looked_at
from sureshot.workflow.looking import Look, describe, export_data, get, look, query
from sureshot.workflow.opening import check, load
from sureshot.workflow.planning import plan
from sureshot.workflow.predicting import predict, predict_to
from sureshot.workflow.settling import ENDING
from sureshot.workflow.training import resume, train

__all__ = [
    "ENDING",
    "Look",
    "before_after",
    "check",
    "describe",
    "evaluate",
    "export_data",
    "get",
    "load",
    "look",
    "looked_at",
    "plan",
    "predict",
    "predict_to",
    "query",
    "resume",
    "train",
]
