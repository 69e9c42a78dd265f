"""Emitted code: a derivative as a module that stands on its own."""
