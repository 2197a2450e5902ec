"""Alerts of a running project: what its files say of them, who looks, who is told, what people ask.

``rules.py`` makes rules of the files, ``readings.py`` measures, ``watching.py`` looks every few seconds and
stores what came of it, ``sending.py`` sends. The decisions are in ``trunkline.observe.alerts``.
"""
