/* An event file descriptor that ends a poll in another thread. */
#ifndef PYWG_WAKEUP_H
#define PYWG_WAKEUP_H

/* A descriptor to poll for POLLIN, or a negated errno. */
int wakeup_open(void);
void wakeup_signal(int descriptor);
/* Make the descriptor unreadable until the next signal. */
void wakeup_drain(int descriptor);

#endif
