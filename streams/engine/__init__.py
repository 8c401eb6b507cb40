"""Who belongs where and when: the kernel, the step, boundaries, replay."""
