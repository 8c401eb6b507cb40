# microseg for docker-compose.yml: `microseg` with any of its commands, without the embedded servers.
FROM python:3.11.14-slim-bookworm

RUN useradd --create-home microseg
WORKDIR /home/microseg

COPY constraints.txt pyproject.toml README.md ./
COPY streams ./streams
RUN pip install --no-cache-dir -c constraints.txt ".[redis,sinks]"

COPY segment_rules ./segment_rules
RUN mkdir .microseg && chown microseg .microseg
USER microseg
# the compiled kernel is kept beside the data, so that a second start does not compile
ENV NUMBA_CACHE_DIR=/home/microseg/.microseg/numba PYTHONUNBUFFERED=1
EXPOSE 6066
ENTRYPOINT ["microseg"]
CMD ["run"]
