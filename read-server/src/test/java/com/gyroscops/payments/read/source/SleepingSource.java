package com.gyroscops.payments.read.source;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Sources whose projector sleeps, like a process that was suspended. */
public final class SleepingSource {

  private SleepingSource() {}

  /**
   * A source whose first apply waits until woken.
   *
   * @param asleep counted down when it waits
   * @param outcomes to which those of applies are added
   */
  public static PaymentSource sleepingBeforeApply(
      PaymentSource source,
      CountDownLatch asleep,
      CountDownLatch wake,
      List<ApplyOutcome> outcomes) {
    return (PaymentSource)
        Proxy.newProxyInstance(
            PaymentSource.class.getClassLoader(),
            new Class<?>[] {PaymentSource.class},
            (Object _, Method method, Object @Nullable [] arguments) -> {
              boolean apply = method.getName().equals("apply");
              if (apply) {
                asleep.countDown();
                wake.await();
              }
              try {
                Object result = method.invoke(source, arguments);
                if (apply && result instanceof ApplyOutcome outcome) {
                  outcomes.add(outcome);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
