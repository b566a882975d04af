"""Our agents against Stable-Baselines3's: same hyper-parameters, same steps, same evaluation.

    python -m experiments.studies.against_sb3 [TASK…] [jobs=1] [state=FOLDER] [out=FOLDER]

Goes on after an interruption: a training whose result is there is not made again.
"""
