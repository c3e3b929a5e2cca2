# The dashboard in a container, read-only, behind a token:
#
#   docker build -t sureshot-dashboard .
#   export SURESHOT_TOKEN="$(cat token)"
#   docker run -p 127.0.0.1:8501:8501 -e SURESHOT_TOKEN --read-only --tmpfs /tmp \
#       -v "$PWD/runs:/data:ro" sureshot-dashboard
#
# docs/dashboard.md says what a proxy in front of it must do.
FROM python:3.11-slim
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --constraint constraints.txt ".[dashboard]" \
    && useradd --system sureshot
USER sureshot
ENV SURESHOT_CACHE=/tmp/sureshot MPLCONFIGDIR=/tmp/matplotlib
EXPOSE 8501
HEALTHCHECK CMD python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health')"
CMD ["sureshot", "dashboard", "/data", "--host", "0.0.0.0", "--no-browser"]
