-- Takes in records of one partition of the topic, all or none, and only if the store stands where they begin.
-- KEYS[1]: positions, KEYS[2]: segments; both also tell the slot of all the others.
-- ARGV: prefix of the generation, partition, offset where the records begin, offset where they end, now (ms), the records
--   as JSON: [[user, seq, at, at_ms, [segment, ...], arms or false, [withheld segment, ...]], ...]; seq 0 is a customer
--   who was erased.
-- Returns how many customers are now in something who were not before, minus those who were and are not any more, or an
-- error "POSITION offset" (-1: none).
local prefix, partition, first, last = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local stands = redis.call('HGET', KEYS[1], partition)
if (stands or '-1') ~= first then
  return redis.error_reply('POSITION ' .. (stands or '-1'))
end
local customers = 0
for _, record in ipairs(cjson.decode(ARGV[6])) do
  local user, seq, at, at_ms, segments = record[1], record[2], record[3], record[4], record[5]
  local arms, withheld = record[6], record[7]
  local key = prefix .. 'customer:' .. user
  local held = redis.call('HMGET', key, 'seq', 'since')
  if seq == 0 or not held[1] or tonumber(held[1]) < seq then
    local since = held[2] and cjson.decode(held[2]) or {}
    local now = {}
    for _, segment in ipairs(segments) do
      now[segment] = since[segment] or at_ms
      if not since[segment] then
        redis.call('ZADD', prefix .. 'members:' .. segment, at_ms, user)
        redis.call('SADD', KEYS[2], segment)
      end
    end
    for segment in pairs(since) do
      if not now[segment] then
        redis.call('ZREM', prefix .. 'members:' .. segment, user)
      end
    end
    if #segments == 0 then
      customers = customers - redis.call('DEL', key)
    else
      if not held[1] then
        customers = customers + 1
      end
      redis.call('HSET', key, 'seq', seq, 'at', at, 'segments', cjson.encode(segments), 'since', cjson.encode(now))
      if arms then
        -- an empty list would be encoded as an object
        redis.call('HSET', key, 'arms', cjson.encode(arms), 'withheld', #withheld == 0 and '[]' or cjson.encode(withheld))
      else
        redis.call('HDEL', key, 'arms', 'withheld')
      end
    end
  end
end
redis.call('HSET', KEYS[1], partition, last, 'written', ARGV[5])
return customers
