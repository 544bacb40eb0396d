package com.gyroscops.payments.platform.page;

import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.gyroscops.payments.contract.Violations;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * One page of a list: what a request asks for, how much to fetch, and the token of the next page.
 * The request has fields {@code page_size} and {@code page_token}; all its others are what is
 * listed, and tie a token to them.
 */
public final class ListPage {

  private static final String PAGE_SIZE = "page_size";
  private static final String PAGE_TOKEN = "page_token";
  private static final String STATES = "states";

  private final ListTokens tokens;
  private final byte[] list;
  private final int size;
  private final PageKey after;

  private ListPage(ListTokens tokens, byte[] list, int size, PageKey after) {
    this.tokens = tokens;
    this.list = list;
    this.size = size;
    this.after = after;
  }

  /**
   * Reads what a request says of its page.
   *
   * @param violations what else is wrong with the request; ends their collection
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT {@code FIELD_INVALID}, or {@code
   *     PAGE_TOKEN_INVALID}
   */
  public static ListPage of(ListTokens tokens, Message request, Violations violations) {
    FieldDescriptor pageSize = field(request, PAGE_SIZE);
    FieldDescriptor pageToken = field(request, PAGE_TOKEN);
    int size = Pages.size(violations, (Integer) request.getField(pageSize));
    violations.throwIfAny();
    byte[] list =
        Pages.digest(request.toBuilder().clearField(pageSize).clearField(pageToken).build());
    String token = (String) request.getField(pageToken);
    PageKey after =
        token.isEmpty()
            ? PageKey.START
            : tokens.read(list, token).orElseThrow(() -> Pages.tokenOfAnotherList().toException());
    return new ListPage(tokens, list, size, after);
  }

  /** Finds elements to list. */
  @FunctionalInterface
  public interface Finder<M> {

    /**
     * Finds the first elements after a place.
     *
     * @param states numbers of those that the elements may have
     */
    List<Listed<M>> find(List<Integer> states, PageKey after, int max);
  }

  /**
   * Reads the page that a request with a filter by states, the field {@code states}, asks for.
   *
   * @param all states that there can be
   * @throws io.grpc.StatusRuntimeException as {@link #of}
   */
  public static <M extends Message> Cut<M> read(
      ListTokens tokens,
      Message request,
      Violations violations,
      List<EnumValueDescriptor> all,
      Finder<M> elements) {
    List<Integer> named =
        ((List<?>) request.getField(field(request, STATES)))
            .stream().map(state -> ((EnumValueDescriptor) state).getNumber()).toList();
    List<Integer> states = states(violations, named, all);
    ListPage page = of(tokens, request, violations);
    return page.cut(elements.find(states, page.after(), page.fetch()));
  }

  private static FieldDescriptor field(Message request, String name) {
    return Objects.requireNonNull(request.getDescriptorForType().findFieldByName(name), name);
  }

  /**
   * Reads a filter by states, the field {@code states}.
   *
   * @param named numbers of states, as the request has them
   * @param all those that there can be
   * @return numbers of the states to list: those named, all if none is
   */
  public static List<Integer> states(
      Violations violations, List<Integer> named, List<EnumValueDescriptor> all) {
    List<Integer> numbers = all.stream().map(EnumValueDescriptor::getNumber).toList();
    for (int i = 0; i < named.size(); i++) {
      violations.require(
          numbers.contains(named.get(i)),
          "states[" + i + "]",
          "must be one of "
              + all.stream().map(EnumValueDescriptor::getName).collect(Collectors.joining(", ")));
    }
    return named.isEmpty() ? numbers : named.stream().distinct().toList();
  }

  /** All states of a kind but the one that says nothing. */
  public static List<EnumValueDescriptor> specified(EnumDescriptor states) {
    return states.getValues().stream().filter(state -> state.getNumber() != 0).toList();
  }

  /** Where the page begins: after that place. */
  public PageKey after() {
    return after;
  }

  /** How many to fetch: one more than a page holds, to know whether another follows. */
  public int fetch() {
    return size + 1;
  }

  /**
   * A page.
   *
   * @param nextPageToken empty: this is the last one
   */
  public record Cut<M>(List<M> elements, String nextPageToken) {
    public Cut {
      elements = List.copyOf(elements);
    }
  }

  /**
   * Cuts the page out of what was fetched: fewer elements where they are large, but one at least.
   */
  public <M extends Message> Cut<M> cut(List<Listed<M>> found) {
    List<M> page = Pages.first(found.stream().map(Listed::element).toList(), size);
    return new Cut<>(
        page,
        page.size() == found.size() ? "" : tokens.write(list, found.get(page.size() - 1).key()));
  }
}
