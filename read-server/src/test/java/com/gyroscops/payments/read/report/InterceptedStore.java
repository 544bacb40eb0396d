package com.gyroscops.payments.read.report;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A store of reports after whose answer something happens before the caller has it. */
final class InterceptedStore {

  private InterceptedStore() {}

  /** What happens. */
  interface Event {
    void happen() throws Exception;
  }

  /** Once, after the first call of that method. */
  static ReportStore afterFirst(ReportStore store, String name, Event event) {
    boolean[] happened = {false};
    return (ReportStore)
        Proxy.newProxyInstance(
            InterceptedStore.class.getClassLoader(),
            new Class<?>[] {ReportStore.class},
            (_, method, arguments) -> {
              Object answer;
              try {
                answer = method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (method.getName().equals(name) && !happened[0]) {
                happened[0] = true;
                event.happen();
              }
              return answer;
            });
  }
}
