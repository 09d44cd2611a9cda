-- ARGV: id, entry, head and tail of the message.  Accepts a buried job once more; returns 1, or 0 if it is not buried.
if redis.call('HDEL', DEAD, ARGV[1]) == 0 then return 0 end
redis.call('ZREM', BURIED, ARGV[1])
redis.call('DEL', SETTLED .. ARGV[1])
remember(cjson.decode(ARGV[2]).address_hash, ARGV[1], 'retried', 'by hand')
return add(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
