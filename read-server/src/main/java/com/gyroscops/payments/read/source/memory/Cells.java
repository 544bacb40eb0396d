package com.gyroscops.payments.read.source.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts and sums by a 64-bit key, in order of keys, in little space: about 30 bytes each. A cell
 * whose count comes to zero is gone. Not for concurrent use.
 */
final class Cells {

  /** Most cells of a block: what is moved in memory at most when a cell comes in between. */
  private static final int BLOCK_MAX = 256;

  private static final int BLOCK_START = 4;

  /** Told of each cell. */
  @FunctionalInterface
  interface Visitor {
    /**
     * One cell.
     *
     * @param high upper half of the sum
     * @param low lower half of the sum
     */
    void cell(long key, long count, long high, long low);
  }

  /** Neighbours, never none but in the only block. */
  private static final class Block {
    private int size;
    private long[] keys = new long[BLOCK_START];
    private int[] counts = new int[BLOCK_START];
    private long[] highs = new long[BLOCK_START];
    private long[] lows = new long[BLOCK_START];

    private int find(long key) {
      return Arrays.binarySearch(keys, 0, size, key);
    }

    private void resize(int length) {
      keys = Arrays.copyOf(keys, length);
      counts = Arrays.copyOf(counts, length);
      highs = Arrays.copyOf(highs, length);
      lows = Arrays.copyOf(lows, length);
    }

    private void copy(Block from, int start, int to, int length) {
      System.arraycopy(from.keys, start, keys, to, length);
      System.arraycopy(from.counts, start, counts, to, length);
      System.arraycopy(from.highs, start, highs, to, length);
      System.arraycopy(from.lows, start, lows, to, length);
    }

    private void insert(int at, long key) {
      if (size == keys.length) {
        resize(Math.min(BLOCK_MAX, size * 2));
      }
      copy(this, at, at + 1, size - at);
      size++;
      keys[at] = key;
      counts[at] = 0;
      highs[at] = 0;
      lows[at] = 0;
    }

    private void remove(int at) {
      size--;
      copy(this, at + 1, at, size - at);
    }

    /** Cuts the upper half off. */
    private Block split() {
      int half = size / 2;
      Block upper = new Block();
      upper.resize(BLOCK_MAX);
      upper.copy(this, half, 0, size - half);
      upper.size = size - half;
      size = half;
      return upper;
    }
  }

  private final List<Block> blocks = new ArrayList<>(1);

  Cells() {
    blocks.add(new Block());
  }

  /** Adds an amount to a cell and one to its count. */
  void add(long key, long amount) {
    change(key, 1, amount >> 63, amount);
  }

  /** Takes back what {@link #add} added. */
  void subtract(long key, long amount) {
    // Two's complement: -x = ~x + 1, in 128 bits.
    change(key, -1, Sum.high(~(amount >> 63), ~amount, 0, 1), -amount);
  }

  private void change(long key, int count, long high, long low) {
    int number = blockOf(key);
    Block block = blocks.get(number);
    int at = block.find(key);
    if (at < 0) {
      if (block.size == BLOCK_MAX) {
        blocks.add(number + 1, block.split());
        change(key, count, high, low);
        return;
      }
      at = -at - 1;
      block.insert(at, key);
    }
    block.counts[at] += count;
    block.highs[at] = Sum.high(block.highs[at], block.lows[at], high, low);
    block.lows[at] += low;
    if (block.counts[at] == 0) {
      if ((block.highs[at] | block.lows[at]) != 0) {
        throw new IllegalStateException("a sum of nothing that is not zero, at " + key);
      }
      block.remove(at);
      if (block.size == 0 && blocks.size() > 1) {
        blocks.remove(number);
      }
    }
  }

  /** Number of the last block that starts at or before a key, or else of the first. */
  private int blockOf(long key) {
    int low = 0;
    int high = blocks.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (blocks.get(middle).keys[0] <= key) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Visits the cells from a key on, inclusive, up to another, exclusive, in order. */
  void visit(long from, long to, Visitor visitor) {
    for (int number = blockOf(from); number < blocks.size(); number++) {
      Block block = blocks.get(number);
      int at = block.find(from);
      for (int i = at < 0 ? -at - 1 : at; i < block.size; i++) {
        if (block.keys[i] >= to) {
          return;
        }
        visitor.cell(block.keys[i], block.counts[i], block.highs[i], block.lows[i]);
      }
    }
  }

  /** Whether there is a cell from a key on, inclusive, up to another, exclusive. */
  boolean any(long from, long to) {
    for (int number = blockOf(from); number < blocks.size(); number++) {
      Block block = blocks.get(number);
      int at = block.find(from);
      int i = at < 0 ? -at - 1 : at;
      if (i < block.size) {
        return block.keys[i] < to;
      }
    }
    return false;
  }
}
