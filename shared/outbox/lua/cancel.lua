local id = unpack(ARGV)
forget(id)
