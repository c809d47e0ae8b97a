# One image for web, worker and dispatcher. Packages come from the registry at build time, pinned by hash.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.lock .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --home-dir /home/omnichannel omnichannel \
    && install -d -o omnichannel -g omnichannel /data /app/var
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py pyproject.toml ./
COPY omnichannel omnichannel
COPY roles roles
COPY kpis kpis
COPY orgstages orgstages
COPY talent talent
COPY templates templates
COPY static static
COPY locale locale
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 DATA_ROOT=/data
RUN python -c "from omnichannel.services.messages import compile_messages; compile_messages()" \
    && SECRET_KEY=build DATABASE_URL=postgres://none/none REDIS_URL=redis://none python manage.py collectstatic --noinput \
    && chown -R omnichannel:omnichannel /app/var
USER omnichannel
EXPOSE 8000
CMD ["gunicorn", "omnichannel.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--timeout", "60"]
