-- ARGV: id, seconds to remember that it is finished.  Asks for no holder: the mail is out, whoever holds the lease.
forget(ARGV[1])
if tonumber(ARGV[2]) > 0 then redis.call('SET', SETTLED .. ARGV[1], 1, 'EX', ARGV[2]) end
return 1
