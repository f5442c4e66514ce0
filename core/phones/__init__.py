"""Phones and other browsers of a room: what the teacher opens for them, and the times that they send back.

Plain values, so that the server has its addresses before any library is loaded; the pages put models in, see
pages/phone.py, and the addresses are in pages/components/phone/routes.py.
"""
