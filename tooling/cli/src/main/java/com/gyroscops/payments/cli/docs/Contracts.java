package com.gyroscops.payments.cli.docs;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Services, messages and enums of a package of contracts, in the order of the files' names and then
 * of their text, each with its comment; empty where there is none.
 */
public record Contracts(List<Service> services, List<Message> messages, List<Enumeration> enums) {

  /** A service. */
  public record Service(String fullName, String comment, List<Rpc> rpcs) {
    String name() {
      return fullName.substring(fullName.lastIndexOf('.') + 1);
    }
  }

  /** An RPC; types by their full names. */
  public record Rpc(
      String name,
      String comment,
      String requestType,
      boolean requestStream,
      String responseType,
      boolean responseStream) {}

  /** A message. */
  public record Message(String fullName, String comment, List<Field> fields) {
    String name() {
      return fullName.substring(fullName.lastIndexOf('.') + 1);
    }
  }

  /**
   * A field.
   *
   * @param label {@code repeated}, {@code optional} or empty
   * @param keyType of a map; empty: it is none
   * @param type of the values: a scalar's name, or the full name of a message or enum
   * @param oneof the group of fields of which one at most is set; empty: none
   */
  public record Field(
      int number,
      String name,
      String label,
      String keyType,
      String type,
      String oneof,
      String comment) {}

  /** An enum. */
  public record Enumeration(String fullName, String comment, List<Value> values) {
    String name() {
      return fullName.substring(fullName.lastIndexOf('.') + 1);
    }
  }

  /** A value of an enum. */
  public record Value(int number, String name, String comment) {}

  private static final String RESOURCE = "/com/gyroscops/payments/api.protoset";

  /** The public API's, and that of the internal ports. */
  private static final Set<String> PACKAGES =
      Set.of("gyroscops.payments.v1", "gyroscops.payments.internal.v1");

  /** Those that the servers serve. */
  public static Contracts shipped() throws IOException {
    try (InputStream in = Contracts.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new FileNotFoundException(RESOURCE + " is not on the class path");
      }
      return of(FileDescriptorSet.parseFrom(in), PACKAGES);
    }
  }

  /**
   * Those of some packages of a set.
   *
   * @throws IllegalArgumentException where messages or enums are nested in messages
   */
  static Contracts of(FileDescriptorSet set, Set<String> packages) {
    List<Service> services = new ArrayList<>();
    List<Message> messages = new ArrayList<>();
    List<Enumeration> enums = new ArrayList<>();
    set.getFileList().stream()
        .filter(file -> packages.contains(file.getPackage()))
        .sorted(Comparator.comparing(FileDescriptorProto::getName))
        .map(Source::new)
        .forEach(source -> {
          services.addAll(source.services());
          messages.addAll(source.messages());
          enums.addAll(source.enums());
        });
    return new Contracts(List.copyOf(services), List.copyOf(messages), List.copyOf(enums));
  }

  /**
   * A file; its comments are found by paths of field numbers and indexes, as descriptors have it.
   */
  private static final class Source {

    private final FileDescriptorProto file;
    private final Map<List<Integer>, String> comments = new HashMap<>();

    Source(FileDescriptorProto file) {
      this.file = file;
      for (Location location : file.getSourceCodeInfo().getLocationList()) {
        comments.put(location.getPathList(), location.getLeadingComments());
      }
    }

    private String comment(Integer... path) {
      return comments.getOrDefault(List.of(path), "");
    }

    private String fullName(String name) {
      return file.getPackage() + "." + name;
    }

    List<Service> services() {
      List<Service> services = new ArrayList<>();
      for (int i = 0; i < file.getServiceCount(); i++) {
        ServiceDescriptorProto service = file.getService(i);
        List<Rpc> rpcs = new ArrayList<>();
        for (int j = 0; j < service.getMethodCount(); j++) {
          MethodDescriptorProto method = service.getMethod(j);
          rpcs.add(
              new Rpc(
                  method.getName(),
                  comment(
                      FileDescriptorProto.SERVICE_FIELD_NUMBER,
                      i,
                      ServiceDescriptorProto.METHOD_FIELD_NUMBER,
                      j),
                  method.getInputType().substring(1),
                  method.getClientStreaming(),
                  method.getOutputType().substring(1),
                  method.getServerStreaming()));
        }
        services.add(
            new Service(
                fullName(service.getName()),
                comment(FileDescriptorProto.SERVICE_FIELD_NUMBER, i),
                List.copyOf(rpcs)));
      }
      return services;
    }

    List<Message> messages() {
      List<Message> messages = new ArrayList<>();
      for (int i = 0; i < file.getMessageTypeCount(); i++) {
        DescriptorProto message = file.getMessageType(i);
        Map<String, DescriptorProto> maps = maps(message);
        List<Field> fields = new ArrayList<>();
        for (int j = 0; j < message.getFieldCount(); j++) {
          fields.add(
              field(
                  message,
                  message.getField(j),
                  maps,
                  comment(
                      FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER,
                      i,
                      DescriptorProto.FIELD_FIELD_NUMBER,
                      j)));
        }
        messages.add(
            new Message(
                fullName(message.getName()),
                comment(FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, i),
                List.copyOf(fields)));
      }
      return messages;
    }

    /**
     * The messages of entries that protoc makes for a message's maps, by the types of the fields.
     */
    private Map<String, DescriptorProto> maps(DescriptorProto message) {
      Map<String, DescriptorProto> maps = new HashMap<>();
      for (DescriptorProto nested : message.getNestedTypeList()) {
        if (!nested.getOptions().getMapEntry()) {
          throw new IllegalArgumentException(message.getName() + " has nested messages");
        }
        maps.put("." + fullName(message.getName()) + "." + nested.getName(), nested);
      }
      if (message.getEnumTypeCount() > 0) {
        throw new IllegalArgumentException(message.getName() + " has nested enums");
      }
      return maps;
    }

    private static Field field(
        DescriptorProto message,
        FieldDescriptorProto field,
        Map<String, DescriptorProto> maps,
        String comment) {
      DescriptorProto map = maps.get(field.getTypeName());
      String label =
          map == null && field.getLabel() == FieldDescriptorProto.Label.LABEL_REPEATED
              ? "repeated"
              : field.getProto3Optional() ? "optional" : "";
      String oneof =
          field.hasOneofIndex() && !field.getProto3Optional()
              ? message.getOneofDecl(field.getOneofIndex()).getName()
              : "";
      return new Field(
          field.getNumber(),
          field.getName(),
          label,
          map == null ? "" : type(map.getField(0)),
          type(map == null ? field : map.getField(1)),
          oneof,
          comment);
    }

    private static String type(FieldDescriptorProto field) {
      return field.hasTypeName()
          ? field.getTypeName().substring(1)
          : field.getType().name().substring("TYPE_".length()).toLowerCase(java.util.Locale.ROOT);
    }

    List<Enumeration> enums() {
      List<Enumeration> enums = new ArrayList<>();
      for (int i = 0; i < file.getEnumTypeCount(); i++) {
        EnumDescriptorProto type = file.getEnumType(i);
        List<Value> values = new ArrayList<>();
        for (int j = 0; j < type.getValueCount(); j++) {
          EnumValueDescriptorProto value = type.getValue(j);
          values.add(
              new Value(
                  value.getNumber(),
                  value.getName(),
                  comment(
                      FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER,
                      i,
                      EnumDescriptorProto.VALUE_FIELD_NUMBER,
                      j)));
        }
        enums.add(
            new Enumeration(
                fullName(type.getName()),
                comment(FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, i),
                List.copyOf(values)));
      }
      return enums;
    }
  }
}
