-- Words are taken into their index together, by an upkeep of the server several times a second, instead
-- of each by itself: that takes a small part of the time, and another process has it. Meanwhile
-- searches look at the list of pending ones, too. Its limit is only reached if upkeep is away.
alter index payment_words_by_word set (fastupdate = on, gin_pending_list_limit = 16384);
