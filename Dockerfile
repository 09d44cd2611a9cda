# One image for the API, the worker, Flower and the command line; the container's command decides which one runs.
# Health checks are in docker-compose.yml, because each program has its own.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS builder
RUN ["python", "-m", "venv", "/venv"]
COPY requirements.txt /
RUN ["/venv/bin/python", "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", "--require-hashes", "--requirement", "/requirements.txt"]

FROM ${PYTHON_IMAGE}
# Celery requires entries for its user and group. The uid is fixed, so that security policies can refer to it.
RUN ["useradd", "--uid", "10001", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", "latchkey"]
# Nothing is written at run time, so the file system may be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /latchkey
COPY --from=builder /venv/ /venv/
COPY api/ api/
COPY worker/ worker/
COPY shared/ shared/
USER 10001:10001
STOPSIGNAL SIGTERM
EXPOSE 8000
CMD ["python", "-m", "api"]
