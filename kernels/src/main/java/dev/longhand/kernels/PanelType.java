package dev.longhand.kernels;

/** How a weight matrix lies in memory after repacking: panels of 16 rows, see {@code docs/formats/panels.md}. */
public enum PanelType {
    F32, F16, Q4_0, Q4_1, Q5_0, Q8_0, Q4_K, Q6_K
}
