"""Settings: the environment is read here, once, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.13.1"
TESTING = "PYTEST_VERSION" in os.environ
ON = {"1", "true", "yes", "on"}

DEBUG = os.environ.get("DEBUG", "").lower() in ON
# Demo and tests listen on this machine only; production sets both and turns on HTTPS_ONLY.
HTTPS_ONLY = os.environ.get("HTTPS_ONLY", "").lower() in ON
# localhost is always in: the container's own health check asks for it.
ALLOWED_HOSTS = ["localhost", *os.environ.get("ALLOWED_HOSTS", "127.0.0.1,[::1],testserver").split(",")]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]


def _secret_key() -> str:
    """Return SECRET_KEY, or a key kept beside the embedded data for demo and tests; production must set one."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    if HTTPS_ONLY:
        raise ImproperlyConfigured("set SECRET_KEY: HTTPS_ONLY is on, so this is production")
    path = BASE_DIR / "var" / "secret-key"
    if not path.exists():
        from django.core.management.utils import get_random_secret_key

        path.parent.mkdir(exist_ok=True)
        path.write_text(get_random_secret_key())
        path.chmod(0o600)
    return path.read_text()


SECRET_KEY = _secret_key()
# Secrets of other systems are sealed with the first of these; the others still open what was sealed before.
SEALING_KEYS = [*(key for key in os.environ.get("SEALING_KEYS", "").split(",") if key), SECRET_KEY]
# Directories on the premises: lets their addresses lie in one's own network, and be plain http.
DIRECTORIES_PRIVATE = os.environ.get("DIRECTORIES_PRIVATE", "").lower() in ON

INSTALLED_APPS = [
    "omnichannel",
    "omnichannel.accounts",
    "omnichannel.workspaces",
    "omnichannel.jobs",
    "omnichannel.webhooks",
    "roles",
    "kpis",
    "orgstages",
    "talent",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "knox",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "heroicons",
    "template_partials",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "omnichannel.workspaces.middleware.WorkspaceMiddleware",
    "roles.views.drafts.DraftMiddleware",
]

ROOT_URLCONF = "omnichannel.urls"
WSGI_APPLICATION = "omnichannel.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "omnichannel.workspaces.context.shell",
            ],
            "builtins": ["omnichannel.templatetags.components", "template_partials.templatetags.partials"],
        },
    }
]

# The application works as a role that owns nothing and bypasses nothing; migrations run as the URL's own role.
APP_ROLE = "omnichannel_app"
DATABASE_URL = os.environ.get("DATABASE_URL", "postgres://localhost/omnichannel")
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
DATABASES["default"].setdefault("OPTIONS", {})["assume_role"] = APP_ROLE
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_IGNORE_RESULT = True
# The row is the job and a message only wakes a worker up: acknowledged at once, none is left to be given back when the
# broker dies, at which kombu fails and takes the worker with it.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 3000
CELERY_TASK_TIME_LIMIT = 3300
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_timeout": 20,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 1_500_000  # KiB
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# Uploaded files and Parquet parts; a folder by default.
DATA_ROOT = Path(os.environ.get("DATA_ROOT", BASE_DIR / "var" / ("test-data" if TESTING else "data")))
ENGINE_URL = os.environ.get("ENGINE_URL", "duckdb://")
ENGINE_MEMORY_LIMIT = os.environ.get("ENGINE_MEMORY_LIMIT", "2GB")
ENGINE_THREADS = int(os.environ.get("ENGINE_THREADS", "2"))
UPLOAD_MAX_BYTES = int(os.environ.get("UPLOAD_MAX_BYTES", str(1024**3)))
# Files are read in a child process that may take this much beyond its libraries, and no longer than this.
UPLOAD_CHILD_MEMORY_MB = int(os.environ.get("UPLOAD_CHILD_MEMORY_MB", "1024"))
UPLOAD_CHILD_SECONDS = int(os.environ.get("UPLOAD_CHILD_SECONDS", "600"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "omnichannel.assets.WheelFileFinder",
]
_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
_HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DATA_ROOT}},
    "staticfiles": {"BACKEND": _STATIC if TESTING or DEBUG else _HASHED},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TESTING or DEBUG

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ACCOUNT_ADAPTER = "omnichannel.workspaces.adapter.InvitedOnlyAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation sent to the address is the verification
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "workspaces:choose"
ACCOUNT_LOGOUT_REDIRECT_URL = "start"
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "omnichannel@localhost")
# Lets webhooks call this machine and private networks, without TLS: for trying them out, never in production.
WEBHOOKS_LOCAL = os.environ.get("WEBHOOKS_LOCAL", "").lower() in ON
# Where links in messages lead; behind a proxy the first trusted origin is that address.
PUBLIC_URL = os.environ.get("PUBLIC_URL", next(iter(CSRF_TRUSTED_ORIGINS), "http://127.0.0.1:8000")).rstrip("/")

MIGRATION_MODULES = {"knox": None}  # its own token table is swapped for ours
KNOX_TOKEN_MODEL = "workspaces.ApiToken"  # noqa: S105 - a model's name
REST_KNOX = {"TOKEN_TTL": None, "TOKEN_PREFIX": "omni_"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "omnichannel.workspaces.authentication.WorkspaceTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["omnichannel.workspaces.permissions.InAuthorisationTable"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["omnichannel.core.parsing.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would tell of serializers what the document says already
    "DEFAULT_PAGINATION_CLASS": "omnichannel.core.http.CursorPages",
    "PAGE_SIZE": 100,
    "EXCEPTION_HANDLER": "omnichannel.core.http.problem_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Omnichannel API",
    "VERSION": "1",
    "DESCRIPTION": "Units, people, assignments, operating data, uploads, KPI values and scorecards of a workspace. "
    "Send `Authorization: Token ...` with a token made under Settings.",
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "omnichannel.core.openapi.EnglishGenerator",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "omnichannel.core.openapi.add_problems",
    ],
    "SCHEMA_PATH_PREFIX": r"/api/v1/workspaces/\{slug\}",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "UploadStateEnum": "kpis.choices.UploadState",
        "JobStateEnum": "omnichannel.jobs.choices.JobState",
        "WebhookTopicEnum": "omnichannel.webhooks.choices.Topic",
        "WebhookDeliveryStateEnum": "omnichannel.webhooks.choices.DeliveryState",
        "WebhookSendErrorEnum": "omnichannel.webhooks.choices.SendError",
        "WebhookStoppedEnum": "omnichannel.webhooks.choices.Stopped",
        "DefinitionStateEnum": "kpis.choices.DefinitionState",
        "ProblemSeverityEnum": "kpis.choices.ProblemSeverity",
        "AlertStateEnum": "kpis.alert_choices.AlertState",
        "AlertLevelEnum": "kpis.alert_choices.LevelName",
        "UnitLevelEnum": "roles.choices.UnitLevel",
        "LineKindEnum": "roles.choices.LineKind",
        "WeightsSourceEnum": "kpis.choices.WeightsSource",
        "DirectoryStateEnum": "roles.directory_choices.RunState",
        "DirectoryKindEnum": "roles.directory_choices.DirectoryKind",
        "RoleKindEnum": "roles.api.talent.ROLE_KINDS",
        "PaidPostKindEnum": "talent.api.pay.POST_KINDS",
        "PayDisputeStateEnum": "kpis.choices.DisputeState",
        "PayDisputeReasonEnum": "kpis.choices.DisputeReason",
        "PayDisputeAnswerEnum": "kpis.api.pay_disputes.ANSWERS",
        "PayAdjustmentReasonEnum": "kpis.choices.AdjustmentReason",
        "BudgetAskStateEnum": "kpis.budget_choices.AskState",
        "BudgetAskStepKindEnum": "kpis.budget_choices.AskStepKind",
        "GuideTaskStandingEnum": "kpis.guide_choices.TaskStanding",
        "PayRunStateEnum": "kpis.choices.PayRunState",
        "PayPlanStateEnum": "kpis.choices.PayPlanState",
        "TrainingNeedKindEnum": "talent.choices.NeedReason",
        "TrainingOutcomeKindEnum": "talent.choices.OutcomeKind",
        "ProgrammeLevelEnum": "talent.api.training_shapes.PROGRAMME_LEVELS",
        "TargetCarrierKindEnum": "kpis.credit_choices.CarrierKind",
        "StageEnum": "orgstages.api.serializers.STAGES",
        "ScenarioStatusEnum": "orgstages.api.scenario_shapes.STATUSES",
        "CoverStateEnum": "orgstages.api.coverage_shapes.STATES",
        "SubtypeEnum": "orgstages.api.serializers.SUBTYPES",
        "JobLevelEnum": "talent.api.people_shapes.JOB_LEVELS",
        "CompetencePartEnum": "talent.api.people_shapes.PARTS",
        "VacancyKindEnum": "talent.choices.OpenKind",
        "HeadcountPlanStatusEnum": "talent.api.headcount_shapes.PLAN_STATUSES",
        "ContingencyStateEnum": "talent.api.headcount_shapes.BAND_STATES",
    },
}

LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_CODE = "zh-hans"
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["omnichannel.formats"]
TIME_ZONE = "Asia/Shanghai"

# plotly.js adds an empty <style> and fills it by script: the hash admits the empty string only.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", EMPTY_STYLE],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS_ONLY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS_ONLY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
# What the apps above kpis add to the demo retailer once its data are loaded: called in the workspace.
DEMO_SEEDS = [
    "orgstages.services.demo.seed_plans",
    "talent.services.demo.seed_talent",
    "kpis.services.pay.demo.seed_pay",
]

# Job kinds and the Celery task that does each; the dispatcher re-sends by this name.
JOB_TASKS = {
    "check_upload": "kpis.tasks.check_upload",
    "load_upload": "kpis.tasks.load_upload",
    "revert_upload": "kpis.tasks.revert_upload",
    "reapply_upload": "kpis.tasks.reapply_upload",
    "preview_figures": "kpis.tasks.preview_figures",
    "preview_definition": "kpis.tasks.preview_definition",
    "compute_values": "kpis.tasks.compute_values",
    "publish_cards": "kpis.tasks.publish_cards",
    "analyse": "kpis.tasks.analyse",
    "measure_health": "kpis.tasks.measure_health",
    "watch_alerts": "kpis.tasks.watch_alerts",
    "send_alerts": "kpis.tasks.send_alerts",
    "send_webhooks": "omnichannel.webhooks.tasks.send_webhooks",
    "sync_directory": "roles.tasks.sync_directory",
    "calculate_pay": "kpis.tasks.calculate_pay",
    "simulate_pay": "kpis.tasks.simulate_pay",
}
# Called in the transaction of every change of the organisation, with the revision and its changes.
ORGANISATION_LISTENERS: tuple[str, ...] = (
    "kpis.services.org_listener.organisation_changed",
    "roles.services.webhooks.organisation_changed",
)
# Called in each workspace by the dispatcher, with now=, after so many seconds again.
REGULAR_TASKS = {
    "omnichannel.webhooks.services.requesting.wake_due": 2,
    "roles.services.effects.take_effect": 60,
    "kpis.services.pay.dispute_reminders.remind": 900,
}
# Called once a day in each workspace by the dispatcher, with now=.
DAILY_SWEEPS = (
    "kpis.services.sweeping.sweep",
    "kpis.services.analysing.sweep",
    "kpis.services.alerts.daily.watch",
    "omnichannel.webhooks.services.sweeping.sweep",
    "roles.services.directories.running.sweep",
    "talent.services.certificate_reminders.remind",
)
# On Valkey 0 goes first: a file that a person waits for does not stand behind months of figures.
JOB_PRIORITIES = {"send_webhooks": 5, "compute_values": 6, "analyse": 8, "measure_health": 9}
JOB_LEASE_SECONDS = int(os.environ.get("JOB_LEASE_SECONDS", "30"))
JOB_MAX_ATTEMPTS = 3
