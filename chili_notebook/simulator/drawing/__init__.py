"""Draws documents: values, text, pictures and shapes, into files of every format."""
