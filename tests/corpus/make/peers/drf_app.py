# SPDX-License-Identifier: Apache-2.0
"""Django REST framework with its own schemes and SimpleJWT. drf_app.py PORT SECRET FOLDER"""

import sys

from django.conf import settings

port, secret, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
settings.configure(
    SECRET_KEY=secret,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="__main__",
    USE_TZ=True,
    DEBUG=False,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "rest_framework",
        "rest_framework.authtoken",
        "rest_framework_simplejwt",
        "rest_framework_simplejwt.token_blacklist",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/drf.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import authentication, permissions  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402


class Orders(APIView):
    permission_classes = [permissions.IsAuthenticated]

    def get(self, request):
        return Response({"orders": [17]})

    post = get


def view(*schemes):
    return type("Some", (Orders,), {"authentication_classes": schemes}).as_view()


urlpatterns = [
    path("basic/", view(authentication.BasicAuthentication)),
    path("token/", view(authentication.TokenAuthentication)),
    path("jwt/", view(JWTAuthentication)),
    path("session/", view(authentication.SessionAuthentication)),
    path("jwt-blacklist/", view(JWTAuthentication)),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    joe = User.objects.create_user("joe", password="right")
    gone = User.objects.create_user("gone", password="right", is_active=False)
    Token.objects.create(user=joe, key="9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b")
    Token.objects.create(user=gone, key="1144b09199c62bcf9418ad846dd0e4bbdfc6ee4b")
    call_command("runserver", f"127.0.0.1:{port}", "--noreload", verbosity=0)
