"""Errors cross process boundaries and are told apart by code: both trees, every class."""

import pickle

import pytest

from clustering_app import errors as app_errors
from host_contract import errors as contract_errors


def tree(base: type[Exception]) -> list[type[Exception]]:
    """The class and those below it, but for what a host keeps to itself."""
    known = (sub for sub in base.__subclasses__() if not sub.__module__.startswith("host_stub."))
    return [base, *(found for sub in known for found in tree(sub))]


ERRORS = tree(contract_errors.ContractError) + tree(app_errors.ClusteringError)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_error_pickles_and_is_documented(error: type[Exception]) -> None:
    again = pickle.loads(pickle.dumps(error("item 'a.png' is gone")))
    assert type(again) is error
    assert str(again) == "item 'a.png' is gone"
    assert error.__doc__
    module = contract_errors if error.__module__ == contract_errors.__name__ else app_errors
    assert error.__name__ in (module.__doc__ or "")


def test_codes_are_unique_and_stable() -> None:
    assert {error.__name__: error.code for error in ERRORS} == {
        "ContractError": "contract_error",
        "NotFound": "not_found",
        "InvalidInput": "invalid_input",
        "InvalidQuery": "invalid_query",
        "InvalidManifest": "invalid_manifest",
        "ItemUnreadable": "item_unreadable",
        "ItemGone": "item_gone",
        "NotSupported": "not_supported",
        "NotAllowed": "not_allowed",
        "WorkerLost": "worker_lost",
        "Cancelled": "cancelled",
        "ClusteringError": "clustering_error",
        "EncoderUnavailable": "encoder_unavailable",
        "UnsafeCheckpoint": "unsafe_checkpoint",
        "Undecodable": "undecodable",
        "StoreError": "store_error",
        "NoFeatures": "no_features",
        "StoreUnreachable": "store_unreachable",
        "ModelMismatch": "model_mismatch",
        "DemoUnavailable": "demo_unavailable",
        "InvalidParameters": "invalid_parameters",
    }
