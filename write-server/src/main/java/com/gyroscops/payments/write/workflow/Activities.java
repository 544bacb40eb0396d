package com.gyroscops.payments.write.workflow;

import com.gyroscops.payments.workflow.v1.ImportStepResult;
import com.gyroscops.payments.workflow.v1.SettlementPayment;
import com.gyroscops.payments.workflow.v1.SettlementStepResult;
import com.gyroscops.payments.workflow.v1.StartedImport;
import com.gyroscops.payments.workflow.v1.SubmittedCommand;
import com.gyroscops.payments.workflow.v1.SubmittedSettlement;
import com.gyroscops.payments.write.imports.ImportExecutor;
import com.gyroscops.payments.write.settlement.SettlementExecutor;
import com.gyroscops.payments.write.submission.Submission;
import com.gyroscops.payments.write.submission.SubmissionExecutor;
import java.time.Duration;

/** The activities, each a call of who does the work. Anything thrown is tried again. */
final class Activities implements CommandActivities, SettlementActivities, ImportActivities {

  private final SubmissionExecutor submissions;
  private final SettlementExecutor settlements;
  private final ImportExecutor imports;

  Activities(
      SubmissionExecutor submissions, SettlementExecutor settlements, ImportExecutor imports) {
    this.submissions = submissions;
    this.settlements = settlements;
    this.imports = imports;
  }

  @Override
  public void execute(SubmittedCommand command) {
    submissions.execute(reference(command));
  }

  @Override
  public void giveUp(SubmittedCommand command) {
    submissions.execute(reference(command));
  }

  private static Submission.Reference reference(SubmittedCommand command) {
    return new Submission.Reference(
        command.getOrganizationId(),
        command.getRequestId(),
        Duration.ofSeconds(command.getExecutionTimeout().getSeconds()));
  }

  @Override
  public SettlementStepResult process(SettlementPayment payment) {
    boolean accepted =
        settlements.process(
            payment.getOrganizationId(), payment.getRequestId(), payment.getIndex());
    return SettlementStepResult.newBuilder().setAccepted(accepted).build();
  }

  @Override
  public void refund(SettlementPayment payment) {
    settlements.refund(payment.getOrganizationId(), payment.getRequestId(), payment.getIndex());
  }

  @Override
  public SettlementStepResult end(SubmittedSettlement settlement) {
    boolean ended = settlements.end(settlement.getOrganizationId(), settlement.getRequestId());
    return SettlementStepResult.newBuilder().setAccepted(ended).build();
  }

  @Override
  public ImportStepResult executeNext(StartedImport started) {
    return ImportStepResult.newBuilder()
        .setMore(imports.executeNext(started.getImportId()))
        .build();
  }
}
