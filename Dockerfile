FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/vuoro
COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation -e . -e ./firmware-sim \
    && python -m web.catalogue compile \
    && useradd --system vuoro && install -d -o vuoro /var/lib/vuoro
USER vuoro
VOLUME /var/lib/vuoro
EXPOSE 8080
CMD ["vuoro", "web", "--host", "0.0.0.0", "--port", "8080"]
