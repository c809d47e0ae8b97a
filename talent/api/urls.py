"""API routes of the talent app, below `/api/v1/workspaces/<slug>/`."""

from __future__ import annotations

from django.urls import path

from talent.api.competence import (
    CompetenceCountsView,
    CompetenceModelsView,
    CompetenceModelView,
    CompetenceView,
    RatingsView,
)
from talent.api.courses import CoursesView, CourseView, EnrolmentsView, ResultsView
from talent.api.filling import FillSuggestionsView
from talent.api.headcount import DriversView, HeadcountView, NormsView, NormView
from talent.api.headcount_plans import BudgetView, PlanDetailView, PlanStepsView, PlansView
from talent.api.job_description_files import JobDescriptionFileView
from talent.api.job_descriptions import (
    GeneratedView,
    JobDescriptionIssueView,
    JobDescriptionsView,
    JobDescriptionVersionView,
    JobDescriptionView,
)
from talent.api.labour import LabourFactsView, LabourFactView
from talent.api.pay import PayBandsView, PayCheckView
from talent.api.people import (
    KeyPersonRisksView,
    PoolFiguresView,
    PoolStayEndView,
    PoolStaysView,
    TalentFiguresView,
    VacanciesView,
)
from talent.api.role_compare import RoleComparisonView
from talent.api.training import (
    CertificatesView,
    ProgrammesView,
    TrainingEffectView,
    TrainingFiguresView,
    TrainingPlansView,
    TrainingPlanView,
)
from talent.api.training_edits import FeedbackView, OutcomesView, ProgrammeEditView

JD = "job-descriptions/<int:pk>/"
GENERATED = "job-descriptions/generated/<slug:role>"

app_name = "talent_api"
urlpatterns = [
    path("talent/figures/", TalentFiguresView.as_view(), name="figures"),
    path("competence/", CompetenceView.as_view(), name="competence"),
    path("competence/counts/", CompetenceCountsView.as_view(), name="competence_counts"),
    path("competence/models/", CompetenceModelsView.as_view(), name="competence_models"),
    path("competence/models/<str:role>/", CompetenceModelView.as_view(), name="competence_model"),
    path("competence/ratings/", RatingsView.as_view(), name="ratings"),
    path("talent-pools/", PoolStaysView.as_view(), name="pool_stays"),
    path("talent-pools/figures/", PoolFiguresView.as_view(), name="pool_figures"),
    path("talent-pools/<int:pk>/end/", PoolStayEndView.as_view(), name="pool_stay_end"),
    path("key-person-risks/", KeyPersonRisksView.as_view(), name="key_person_risks"),
    path("vacancies/", VacanciesView.as_view(), name="vacancies"),
    path("job-descriptions/", JobDescriptionsView.as_view(), name="job_descriptions"),
    path(JD, JobDescriptionView.as_view(), name="job_description"),
    path(f"{JD}versions/<int:number>/", JobDescriptionVersionView.as_view(), name="job_description_version"),
    path(f"{JD}versions/<int:number>/issue/", JobDescriptionIssueView.as_view(), name="job_description_issue"),
    path(f"{GENERATED}/", GeneratedView.as_view(), name="job_description_generated"),
    path(f"{GENERATED}.<slug:form>", JobDescriptionFileView.as_view(), name="job_description_file"),
    path("role-comparison/", RoleComparisonView.as_view(), name="role_comparison"),
    path("pay-bands/", PayBandsView.as_view(), name="pay_bands"),
    path("pay-check/", PayCheckView.as_view(), name="pay_check"),
    path("labour-facts/", LabourFactsView.as_view(), name="labour_facts"),
    path("labour-facts/<uuid:key>/", LabourFactView.as_view(), name="labour_fact"),
    path("coverage/fill-suggestions/", FillSuggestionsView.as_view(), name="fill_suggestions"),
    path("headcount/", HeadcountView.as_view(), name="headcount"),
    path("headcount/norms/", NormsView.as_view(), name="headcount_norms"),
    path("headcount/norms/<str:role>/", NormView.as_view(), name="headcount_norm"),
    path("headcount/drivers/", DriversView.as_view(), name="headcount_drivers"),
    path("headcount/plans/", PlansView.as_view(), name="headcount_plans"),
    path("headcount/plans/<int:pk>/", PlanDetailView.as_view(), name="headcount_plan"),
    path("headcount/plans/<int:pk>/steps/", PlanStepsView.as_view(), name="headcount_plan_steps"),
    path("budget/", BudgetView.as_view(), name="budget"),
    path("training/programmes/", ProgrammesView.as_view(), name="training_programmes"),
    path("training/programmes/<slug:key>/", ProgrammeEditView.as_view(), name="training_programme"),
    path("training/figures/", TrainingFiguresView.as_view(), name="training_figures"),
    path("training/plans/", TrainingPlansView.as_view(), name="training_plans"),
    path("training/plans/<int:pk>/", TrainingPlanView.as_view(), name="training_plan"),
    path("training/courses/", CoursesView.as_view(), name="training_courses"),
    path("training/courses/<int:pk>/", CourseView.as_view(), name="training_course"),
    path("training/courses/<int:pk>/enrolments/", EnrolmentsView.as_view(), name="training_enrolments"),
    path("training/courses/<int:pk>/results/", ResultsView.as_view(), name="training_results"),
    path("training/courses/<int:pk>/feedback/", FeedbackView.as_view(), name="training_feedback"),
    path("training/courses/<int:pk>/outcomes/", OutcomesView.as_view(), name="training_outcomes"),
    path("training/certificates/", CertificatesView.as_view(), name="certificates"),
    path("training/effect/", TrainingEffectView.as_view(), name="training_effect"),
]
