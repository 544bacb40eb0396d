package com.gyroscops.payments.read.report;

import com.gyroscops.payments.read.source.PaymentSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A source that does something before each search. */
final class InterceptedSource {

  private InterceptedSource() {}

  /** What is done before a search. */
  interface Before {
    void search(int number) throws Exception;
  }

  static PaymentSource of(PaymentSource source, Before before) {
    int[] searches = {0};
    return (PaymentSource)
        Proxy.newProxyInstance(
            InterceptedSource.class.getClassLoader(),
            new Class<?>[] {PaymentSource.class},
            (_, method, arguments) -> {
              if (method.getName().equals("search")) {
                before.search(++searches[0]);
              }
              try {
                return method.invoke(source, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
