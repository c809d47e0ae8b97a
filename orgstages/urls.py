"""Routes of the orgstages app."""

from __future__ import annotations

from django.urls import path

from orgstages.views import diagnosis, stages

UNIT = "w/<slug:slug>/stages/units/<path:external_id>/"

app_name = "orgstages"
urlpatterns = [
    path("w/<slug:slug>/stages/", stages.stages, name="stages"),
    path(f"{UNIT}answers/<slug:question>/", diagnosis.answer, name="answer"),
    path(f"{UNIT}run/", diagnosis.run, name="run"),
    path(f"{UNIT}adopt/", diagnosis.adopt, name="adopt"),
    path(UNIT, diagnosis.diagnosis, name="diagnosis"),
    path("w/<slug:slug>/stages/<slug:subtype>/", stages.subtype, name="subtype"),
]
