"""The checker on programs that were written without knowledge of its rules (`tests/shapes/unseen/RESULTS.md`)."""

from __future__ import annotations

import pytest

from tests.shapes.static.conftest import SETS, UNSEEN, Reports, marked

pytestmark = pytest.mark.slow  # they wait for one run of mypy over torch

MISSED = {
    "first": {
        "11_uint8_frames_bug.py",
        "22_sensor_pool_bug.py",
        "23_pad_shift_bug.py",
        "36_onehot_transition_bug.py",
        "44_subclass_encoder_bug.py",
    },
    "second": set[str](),
    "third": set[str](),
    "fourth": {
        "27_transition_swapped_bug.py",
        "30_gated_split_bug.py",
    },
    "fifth": {"18_dlrm_click_bug.py", "36_feature_pyramid_bug.py"},
    "sixth": {"10_next_token_loss_bug.py", "30_dlrm_interactions_bug.py"},
    "seventh": {"11_target_policy_smoothing_bug.py"},
    "eighth": {
        "04_ensemble_td3_bug.py",
        "16_detection_head_bug.py",
        "25_music_tcn_bug.py",
        "29_dlrm_clicks_bug.py",
        "39_speech_distillation_bug.py",
    },
    "ninth": {
        "10_rssm_bug.py",
        "20_graph_net_bug.py",
        "28_dcgan_flatten_bug.py",
        "33_redq_min_dim_bug.py",
    },
    "tenth": {
        "09_rssm_world_model_bug.py",
        "13_goal_ddpg_bug.py",
        "21_densenet_transition_bug.py",
        "32_redq_ensemble_bug.py",
        "37_rssm_prior_bug.py",
    },
    "eleventh": {
        "11_rssm_bug.py",
        "16_resnet_bug.py",
        "24_mobilenet_stages_bug.py",
        "35_redq_ensemble_bug.py",
        "37_rssm_bug.py",
    },
    "twelfth": {
        "22_vit_config_bug.py",
        "26_realnvp_bug.py",
        "31_dueling_pixels_bug.py",
        "33_multidiscrete_ppo_bug.py",
        "37_rssm_late_bug.py",
    },
}
"""Bugs that the type checker does not find; each is explained in RESULTS.md."""

def _caught(folder: str, reports: Reports) -> set[str]:
    bugs = (UNSEEN / folder).glob("*_bug.py")
    return {p.name for p in bugs if marked(p, "BUG", "ALSO") & set(reports[p.name])}


@pytest.mark.parametrize("folder", SETS)
def test_the_bugs_found_are_those_of_the_results(folder: str, reports: Reports) -> None:
    bugs = {p.name for p in (UNSEEN / folder).glob("*_bug.py")}
    assert bugs - _caught(folder, reports) == MISSED[folder]


PARTS = dict.fromkeys(MISSED, 0.8) | {"first": 0.9, "twelfth": 0.75}
"""What must stay found."""


@pytest.mark.parametrize("folder", SETS)
def test_most_unseen_bugs_are_found(folder: str, reports: Reports) -> None:
    """The rules were tuned on most sets after their first try; the eleventh was run once, after the last change of a rule."""
    bugs = list((UNSEEN / folder).glob("*_bug.py"))
    assert len(_caught(folder, reports)) >= PARTS[folder] * len(bugs)


PLAIN = {"35_coupling_flow_good.py", "27_coupling_flow_good.py", "34_multidiscrete_head_good.py"}
"""Correct twins that mypy reports without the plugin too: a number under a name of `nn.Module`, a tuple for `split`."""
DEFAULTS = {"23_vit_positions_good.py"}
"""Twins that are correct for the default arguments of their constructors only."""


@pytest.mark.parametrize("folder", SETS)
def test_no_correct_twin_is_reported(folder: str, reports: Reports) -> None:
    twins = {p.name for p in (UNSEEN / folder).glob("*_good.py")} - PLAIN - DEFAULTS
    assert {name: dict(found) for name, found in reports.items() if name in twins and found} == {}
