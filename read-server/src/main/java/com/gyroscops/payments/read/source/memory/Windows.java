package com.gyroscops.payments.read.source.memory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.PointValues;
import org.apache.lucene.index.PointValues.PointTree;
import org.apache.lucene.util.NumericUtils;

/**
 * Finds how far to read in an order so as to meet about as many payments as wanted: from the trees
 * of the field's points, without reading a payment. An estimate; nothing depends on it but time.
 *
 * @param organization whose payments
 * @param currency of {@link Keys#AMOUNT} alone
 */
record Windows(View view, String field, int organization, int currency, boolean ascending) {

  /** Points that lie together. */
  private record Cell(long min, long max, long size) {}

  /**
   * The value at which to stop, from {@code min} if ascending, else from {@code max} downwards.
   *
   * @param wanted at least about as many payments, unless there are fewer
   */
  long stop(long min, long max, long wanted) throws IOException {
    byte[] low = Keys.point(field, organization, currency, min);
    byte[] high = Keys.point(field, organization, currency, max);
    List<Cell> cells = new ArrayList<>();
    for (LeafReaderContext leaf : view.leaves()) {
      PointValues points = leaf.reader().getPointValues(field);
      if (points != null) {
        collect(points.getPointTree(), low, high, min, max, wanted, cells);
      }
    }
    cells.sort(
        ascending
            ? Comparator.comparingLong(Cell::max)
            : Comparator.comparingLong(Cell::min).reversed());
    long seen = 0;
    for (Cell cell : cells) {
      seen += cell.size();
      if (seen >= wanted) {
        return ascending ? cell.max() : cell.min();
      }
    }
    return ascending ? max : min;
  }

  /** Adds cells of the range in order until they hold enough: how many are still wanted. */
  private long collect(
      PointTree node, byte[] low, byte[] high, long min, long max, long wanted, List<Cell> cells)
      throws IOException {
    byte[] nodeMin = node.getMinPackedValue();
    byte[] nodeMax = node.getMaxPackedValue();
    boolean startsBefore = Arrays.compareUnsigned(nodeMin, low) < 0;
    boolean endsAfter = Arrays.compareUnsigned(nodeMax, high) > 0;
    if (Arrays.compareUnsigned(nodeMax, low) < 0 || Arrays.compareUnsigned(nodeMin, high) > 0) {
      return wanted;
    }
    Cell cell =
        new Cell(
            startsBefore ? min : value(nodeMin), endsAfter ? max : value(nodeMax), node.size());
    if (!node.moveToChild()) {
      cells.add(cell);
      return wanted - cell.size();
    }
    List<PointTree> children = new ArrayList<>(2);
    do {
      children.add(node.clone());
    } while (node.moveToSibling());
    if (!ascending) {
      Collections.reverse(children);
    }
    long left = wanted;
    for (PointTree child : children) {
      if (left > 0) {
        left = collect(child, low, high, min, max, left, cells);
      }
    }
    return left;
  }

  private long value(byte[] point) {
    return NumericUtils.sortableBytesToLong(point, Keys.pointPrefix(field));
  }
}
